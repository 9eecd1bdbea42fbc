/** Words that mean a state only: a signal that happens to be called so is not translated (a variable `Running` is no state). */
export const STATES_ONLY: ReadonlySet<string> = new Set([
  'Executing', 'NotExecuting', 'OutOfService', 'NotAvailable', 'None', 'Processing', 'Stopped', 'Starting', 'Running', 'Stopping',
  'Tripped', 'Local', 'Remote', 'Automatic', 'Manual', 'Other', 'Off', 'On', 'Unloaded', 'Idle', 'Active', 'Ended', 'Canceled',
  'Interrupted', 'Aborted', 'Initializing', 'Ready', 'Reset', 'Clearing',
  'Suspended', 'Execute', 'Aborting', 'Holding', 'Held', 'Unholding', 'Suspending', 'Unsuspending', 'Resetting', 'Completing', 'Complete',
  'DrivingToPick', 'DrivingToPlace', 'DrivingToCharger', 'SemiAutomatic', 'Sleep', 'Preoperational', 'SingleExecution', 'ContinuousExecution',
]); // prettier-ignore
