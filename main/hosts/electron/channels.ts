/** The only channels between page and main process: calls, which nodes the page hears, and what they tell. */
export const callChannel = 'golem:call'
export const hearChannel = 'golem:hear'
export const eventChannel = 'golem:event'
