import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFound, locate, type Surroundings } from '../src/locate';

const AROUND: Surroundings = {
    setting: '',
    folders: ['/p/one', '/p/two'],
    trusted: true,
    searchPath: '/usr/local/bin:/usr/bin',
    home: '/h/me',
    platform: 'linux',
};

function found(around: Partial<Surroundings>, ...files: string[]) {
    return locate('zyn-lsp', { ...AROUND, ...around }, (file) => files.includes(file));
}

test('the setting comes first, and nothing else is tried when it is wrong', () => {
    const setting = '/opt/zyn-lsp';
    assert.deepEqual(found({ setting }, setting, '/p/one/.venv/bin/zyn-lsp'), {
        path: setting,
        origin: 'setting',
    });
    assert.deepEqual(found({ setting }, '/p/one/.venv/bin/zyn-lsp'), {
        tried: [setting],
        badSetting: setting,
    });
});

test('a setting may name the home, the workspace, or a file below it', () => {
    for (const [setting, path] of [
        ['~/bin/zyn-lsp', '/h/me/bin/zyn-lsp'],
        ['${workspaceFolder}/env/zyn-lsp', '/p/one/env/zyn-lsp'],
        ['env/zyn-lsp', '/p/one/env/zyn-lsp'],
        ['  /a b/zyn-lsp ', '/a b/zyn-lsp'],
    ] as const) {
        assert.deepEqual(found({ setting }, path), { path, origin: 'setting' });
    }
});

test('then the environment of each folder, then PATH', () => {
    const all = ['/p/one/venv/bin/zyn-lsp', '/p/two/.venv/bin/zyn-lsp', '/usr/bin/zyn-lsp'];
    assert.deepEqual(found({}, ...all), { path: all[0], origin: 'environment' });
    assert.deepEqual(found({}, ...all.slice(1)), { path: all[1], origin: 'environment' });
    assert.deepEqual(found({}, ...all.slice(2)), { path: all[2], origin: 'PATH' });
});

test('a neighbour of the server is of the same installation', () => {
    const beside = '/usr/bin/zyn-lsp';
    const result = locate(
        'zyn-dap',
        { ...AROUND, beside },
        (file) => file === '/usr/bin/zyn-dap' || file === '/p/one/.venv/bin/zyn-dap',
    );
    assert.deepEqual(result, { path: '/usr/bin/zyn-dap', origin: 'beside the server' });
});

test('nothing in an untrusted workspace is started', () => {
    const result = found({ trusted: false }, '/p/one/.venv/bin/zyn-lsp');
    assert.ok(!isFound(result));
    assert.deepEqual(result.tried, ['/usr/local/bin/zyn-lsp', '/usr/bin/zyn-lsp']);
});

test('an entry of PATH that is the current folder is passed over', () => {
    const result = found({ folders: [], searchPath: ':.:bin:/usr/bin' });
    assert.deepEqual(result, { tried: ['/usr/bin/zyn-lsp'] });
});

test('Windows has other folders and endings', () => {
    const result = locate(
        'zyn',
        { ...AROUND, folders: ['C:\\p'], searchPath: 'C:\\bin;D:\\x', platform: 'win32' },
        () => false,
    );
    assert.deepEqual(result, {
        tried: [
            'C:\\p\\.venv\\Scripts\\zyn.exe',
            'C:\\p\\venv\\Scripts\\zyn.exe',
            'C:\\bin\\zyn.exe',
            'D:\\x\\zyn.exe',
        ],
    });
});
