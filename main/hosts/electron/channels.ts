/** The only two channels between page and main process. */
export const callChannel = 'golem:call'
export const eventChannel = 'golem:event'
