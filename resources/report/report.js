// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later
// Gives the recording unpacked where the browser can do that. Stands in XML: no comparisons, no double quotes.
'use strict';
document.querySelectorAll('a[data-recording]').forEach(function (link) {
    if (!('DecompressionStream' in window))
        return;
    link.addEventListener('click', function (event) {
        event.preventDefault();
        fetch(link.href).then(function (answer) {
            return new Response(answer.body.pipeThrough(new DecompressionStream('gzip'))).blob();
        }).then(function (recording) {
            var plain = document.createElement('a');
            plain.href = URL.createObjectURL(recording);
            plain.download = link.dataset.recording;
            plain.click();
            setTimeout(function () { URL.revokeObjectURL(plain.href); }, 60000);
        });
    });
});
window.addEventListener('beforeprint', function () {
    document.querySelectorAll('details').forEach(function (part) { part.open = true; });
});
