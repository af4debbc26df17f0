/** Takes from an instance, $1, how far it was read: its next sync lists everything. */
export const FORGET_WATERMARKS = `delete from watermarks
  where source_id in (select source_id from sources where instance_id = $1)`;
