// hoodiecrow-imap, whose mail is in memory and whose one user is testuser:   node hoodiecrow.js FOLDER PORT PLUGIN...
"use strict";
const [folder, port, ...plugins] = process.argv.slice(2);
const hoodiecrow = require(folder + "/node_modules/hoodiecrow-imap");

hoodiecrow({ plugins, storage: { INBOX: {}, "": { separator: "/" } } }).listen(Number(port), "127.0.0.1");
