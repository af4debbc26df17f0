/** What the last landed version leaves open is taken up by this one. Earlier ones: faults/upgrade-earlier. */
import { latestLeftOpen } from '../support/databases/kept-versions';
import { isTakenUp } from '../support/worlds/left-open';

describe.each(latestLeftOpen())('the first sync that $name has left open', (left) => {
  isTakenUp(left);
});
