// Writes the parts of package.json that follow from languages.json, so that another language is
// one more row there.  With `--check` it changes nothing and fails when something would change.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The manifest with every part that depends on the languages made anew. */
export function contributed(manifest, languages) {
  const ids = languages.map(({ id }) => id);
  const inEditor = ids.map((id) => `editorLangId == ${id}`).join(' || ');
  const inResource = ids.map((id) => `resourceLangId == ${id}`).join(' || ');
  const contributes = manifest.contributes;
  manifest.activationEvents = [
    ...ids.map((id) => `onLanguage:${id}`),
    'onDebugResolve:zyn',
    'onDebugInitialConfigurations',
    'onDebugDynamicConfigurations:zyn',
    'onTaskType:zyn',
  ];
  contributes.languages = languages.map((language) => ({
    id: language.id,
    aliases: [language.name, language.id],
    extensions: language.extensions,
    configuration: language.configuration,
    icon: { light: './media/file-light.svg', dark: './media/file-dark.svg' },
  }));
  contributes.grammars = languages.map(({ id }) => ({
    language: id,
    scopeName: `source.${id}`,
    path: `./syntaxes/${id}.tmLanguage.json`,
  }));
  contributes.breakpoints = ids.map((language) => ({ language }));
  contributes.semanticTokenScopes = ids.map((language) => ({
    language,
    scopes: {
      'function.async': [`entity.name.function.async.${language}`],
      'function.suspends': [`entity.name.function.suspends.${language}`],
      'function.defaultLibrary': [`support.function.${language}`],
      'keyword.suspends': [`keyword.control.flow.await.${language}`],
      'variable.captured': [`variable.other.captured.${language}`],
      'variable.readonly.captured': [`variable.other.constant.captured.${language}`],
      'parameter.captured': [`variable.parameter.captured.${language}`],
    },
  }));
  contributes.configurationDefaults = {
    ...Object.fromEntries(
      ids.map((id) => [
        `[${id}]`,
        {
          'editor.semanticHighlighting.enabled': true,
          'editor.tabSize': 4,
          // Unlimited: the hint of an await ends with the bytes, which is what it is for.
          'editor.inlayHints.maximumLength': 0,
        },
      ]),
    ),
    'editor.semanticTokenColorCustomizations': {
      rules: { '*.captured': { underline: true }, '*.suspends': { italic: true } },
    },
  };
  contributes.debuggers[0].languages = ids;
  const menus = contributes.menus;
  menus['editor/title/run'] = [
    { command: 'zyn.debug', when: inResource, group: 'navigation@1' },
    { command: 'zyn.run', when: inResource, group: 'navigation@2' },
  ];
  menus['editor/context'] = [
    { command: 'zyn.stateMachine.show', when: inEditor, group: 'navigation@9' },
  ];
  menus['view/title'] = ['filter', 'groupBy', 'refresh'].map((name, place) => ({
    command: `zyn.tasks.${name}`,
    when: 'view == zyn.tasks',
    group: `navigation@${place + 1}`,
  }));
  const alive = 'view == zyn.tasks && viewItem =~ /\\balive\\b/';
  const item = (name, group, more = '') => ({
    command: `zyn.tasks.${name}`,
    when: `${alive}${more}`,
    group,
  });
  const held = ' && viewItem =~ /\\b(isHeld|stopped)\\b/';
  const free = ' && viewItem =~ /\\bnotHeld\\b/';
  const parked = ' && viewItem =~ /\\bparked\\b/';
  menus['view/item/context'] = [
    item('hold', 'inline@1', free),
    item('resume', 'inline@1', ' && viewItem =~ /\\bisHeld\\b/'),
    item('stepPoll', 'inline@2'),
    {
      command: 'zyn.tasks.goTo',
      when: 'view == zyn.tasks && viewItem =~ /^zynTask/',
      group: '1@1',
    },
    item('hold', '2@1', free),
    item('resume', '2@2', held),
    item('wake', '2@3', parked),
    item('stepPoll', '2@4'),
    item('cancel', '3@1'),
  ];
  menus.commandPalette = [
    { command: 'zyn.run', when: inEditor },
    { command: 'zyn.debug', when: inEditor },
    { command: 'zyn.stateMachine.show', when: `${inEditor} || zyn.debugging` },
    ...['timeline.show', 'tasks.refresh', 'tasks.filter', 'tasks.groupBy'].map((name) => ({
      command: `zyn.${name}`,
      when: 'zyn.debugging',
    })),
    ...['goTo', 'hold', 'resume', 'wake', 'stepPoll', 'cancel'].map((name) => ({
      command: `zyn.tasks.${name}`,
      when: 'zyn.debugging',
    })),
  ];
  return manifest;
}

/** package.json as it should be. */
export async function freshManifest() {
  const read = (name) => JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
  const manifest = contributed(read('package.json'), read('languages.json'));
  return format(JSON.stringify(manifest), { parser: 'json-stringify' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(ROOT, 'package.json');
  const fresh = await freshManifest();
  if (process.argv.includes('--check')) {
    if (fresh !== readFileSync(file, 'utf8')) {
      console.error('package.json is not what languages.json says: npm run generate');
      process.exitCode = 1;
    }
  } else {
    writeFileSync(file, fresh);
  }
}
