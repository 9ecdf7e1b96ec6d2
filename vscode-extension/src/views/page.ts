/** The frame of a webview's page: one script, one style sheet, nothing from anywhere else. */

import { randomBytes } from 'node:crypto';
import { Uri, type Webview } from 'vscode';
import type { Ctx } from '../ctx';

/** Allow a view its own files only, and give its page. */
export function openPage(ctx: Ctx, webview: Webview, name: string, title: string): void {
    const folder = ctx.asset('dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const nonce = randomBytes(16).toString('base64');
    const script = webview.asWebviewUri(Uri.joinPath(folder, `${name}.js`));
    const style = webview.asWebviewUri(Uri.joinPath(folder, `${name}.css`));
    const policy = [
        "default-src 'none'",
        `style-src ${webview.cspSource}`,
        `script-src 'nonce-${nonce}'`,
    ].join('; ');
    webview.html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style.toString()}">
<title>${title}</title>
</head>
<body>
<script nonce="${nonce}" src="${script.toString()}"></script>
</body>
</html>`;
}
