/** What the page of the view Timeline is told and tells.  Types only. */

import type { Poll } from '../protocol';

export type ToTimelinePage =
    | { readonly kind: 'polls'; readonly start: number; readonly polls: readonly Poll[] }
    | { readonly kind: 'clear' }
    | { readonly kind: 'select'; readonly task: number };

export type FromTimelinePage =
    | { readonly kind: 'ready' }
    | {
          readonly kind: 'open';
          readonly task: number;
          readonly function: string;
          readonly state: number;
      };
