/** Every journey, in the order in which they are walked. */

import type { Journey } from '../journey.ts';
import { touring } from './around.ts';
import { debugging, drawing, holding, killing } from './debugging.ts';
import { fixing, hovering, reading, renaming } from './editing.ts';
import { activating, large, restarting, stayingDown } from './failures.ts';
import { starting } from './starting.ts';
import { finding, many } from './tasks.ts';
import { testing } from './testing.ts';

export const JOURNEYS: readonly Journey[] = [
    starting,
    reading,
    fixing,
    hovering,
    renaming,
    debugging,
    drawing,
    holding,
    finding,
    many,
    killing,
    testing,
    touring,
    restarting,
    stayingDown,
    large,
    activating,
];
