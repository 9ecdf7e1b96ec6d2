/** Every journey, in the order in which they are walked. */

import type { Journey } from '../journey.ts';
import { fixing, hovering, reading, renaming } from './editing.ts';

export const JOURNEYS: readonly Journey[] = [reading, fixing, hovering, renaming];
