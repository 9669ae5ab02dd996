/** Builds many small programs one after the other in one thread, which loads the SDK once. `golem` takes a thread for each. */
import { parentPort, workerData } from 'node:worker_threads'
import { traceFile, type BuildAnswer } from '../../../main/hosts/cli/build/trace.ts'

const answers: BuildAnswer[] = []
for (const file of workerData as string[]) answers.push(await traceFile({ file, clockShiftMs: 0 }, () => undefined))
parentPort!.postMessage(answers)
