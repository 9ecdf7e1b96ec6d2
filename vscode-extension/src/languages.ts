/** The languages of the extension, from the same table that package.json is made from. */

import table from '../languages.json';

export interface Language {
    readonly id: string;
    readonly name: string;
    readonly extensions: readonly string[];
}

export const LANGUAGES: readonly Language[] = table;

const IDS = new Set(LANGUAGES.map((language) => language.id));

/** Whether an editor's language is one of ours. */
export function isOurs(languageId: string): boolean {
    return IDS.has(languageId);
}

/** A glob for the files of every language. */
export function filesGlob(languages: readonly Language[] = LANGUAGES): string {
    const endings = languages.flatMap((language) => language.extensions);
    return endings.length === 1 ? `**/*${endings[0] ?? ''}` : `**/*{${endings.join(',')}}`;
}
