/**
 * The file of a source in an answer of the adapter.  VS Code rewrites such paths on their way when
 * the extension runs on another machine than the window, and gives the file's URI there.  Pure.
 */

import type { SourceRef } from './protocol';

const REMOTE = /^vscode-remote:\/\/[^/]*(\/.*)$/;

/** The path on the machine that the extension runs on; undefined for a source that is no file. */
export function sourcePath(source: SourceRef | undefined): string | undefined {
    const path = source?.path;
    if (path === undefined || path === '') {
        return undefined;
    }
    const remote = REMOTE.exec(path)?.[1];
    return remote === undefined ? path : decodeURIComponent(remote);
}
