/** What a journey is, and what it is given. */

import type { Window } from './browser.ts';
import type { Running } from './processes.ts';
import type { CodeServer, Settings } from './server.ts';
import type { Workbench } from './workbench.ts';

export interface Given {
    server: CodeServer;
    window: Window;
    workbench: Workbench;
    /** Absolute path of the journey's own folder, which the window shows. */
    folder: string;
    /** The packed extension. */
    vsix: string;
    /** The processes of this journey whose command has every one of the given parts. */
    running(...parts: string[]): Running[];
    /** Measured or found, printed with the result; nothing is asserted of it. */
    note(what: string): void;
    /**
     * Take a picture of the whole window, in the dark theme; in all `themes` when pictures are
     * what the run is for.  `scene` brings up again what goes away when a theme is chosen.
     */
    picture(name: string, themes?: readonly Theme[], scene?: () => Promise<unknown>): Promise<void>;
}

export interface Journey {
    name: string;
    /** The files of its folder: name and text. */
    files: Record<string, string>;
    settings?: Settings;
    /** A VS Code of its own, as it is before the extension is installed, and no zyn on PATH. */
    bare?: boolean;
    /** The documentation shows pictures of it. */
    documented?: boolean;
    /** Resolves when all that was expected was seen; rejects with what was not. */
    walk(given: Given): Promise<void>;
}

export interface Theme {
    /** What a picture's file name ends with. */
    suffix: string;
    /** What the list of themes calls it. */
    label: string;
    /** The class by which the workbench shows that it is in effect. */
    mark: string;
}

export const DARK: Theme = { suffix: 'dark', label: 'Dark 2026', mark: 'vs-dark' };
export const LIGHT: Theme = { suffix: 'light', label: 'Light 2026', mark: 'vs' };
export const CONTRAST: Theme = {
    suffix: 'contrast',
    label: 'Dark High Contrast',
    mark: 'hc-black',
};

/** Settings that make a picture of a window this small easy to read. */
export const ROOM: Settings = {
    'editor.fontSize': 12,
    'editor.minimap.enabled': false,
    'debug.toolBarLocation': 'docked',
};
