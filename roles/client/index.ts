/** The client's role: registers, reserves keys, sends requests, vets and publishes writes. */
export * from './types.ts'
export * from './state.ts'
export * from './events.ts'
export { clientStep, type ClientStepContext } from './step.ts'
export {
  answerAlone,
  blameRefusal,
  blameReply,
  causeOf,
  changedKeys,
  composeContinuation,
  composeRequest,
  composeUpdate,
  openReply,
  review,
  takeReply,
  updateSpending,
  type Blame,
  type KeyOf,
  type PreparedUpdate,
  type Taken,
} from './request.ts'
export { composeRegistration, composeReservation, registrationSpending, registrationWork, reservationSpending } from './register.ts'
export { missedWindow, UNCOUNTED } from './publications.ts'
export { approveBefore, countedIn, isClosed, lateness, windowOf, type Window } from './window.ts'
export { mayRegister } from './joining.ts'
export { findPoison, type Complaint, type Finding } from './complaint.ts'
export { outcomeText } from './outcomes.ts'
export { composeDispute, disputeOf, type Difference, type DisputeFields } from './dispute.ts'
