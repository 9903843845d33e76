// Names the thumbnails of new pictures and keeps the last batch in a file for the resizer.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { Rejected, parse, serve } = require("./runtime.js");

const SIZES = [64, 256];
const BATCH = path.join(os.tmpdir(), `thumbnails-${process.pid}.json`);

function keys(value) {
  if (!Array.isArray(value?.events)) throw new Rejected("no events");
  return value.events.map((record) => {
    const key = record?.oss?.object?.key;
    if (typeof key !== "string") throw new Rejected("a record has no object key");
    return key;
  });
}

function thumbnail(key, size) {
  const extension = /\.([^./]*)$/.exec(key)[1].toLowerCase();
  const stem = key.slice(0, key.length - extension.length - 1);
  return `thumbs/${size}/${stem}.${extension === "png" ? "png" : "jpg"}`;
}

function invoke(event) {
  const pictures = keys(parse(event)).filter((key) => !key.endsWith("/"));
  return new Promise((resolve) => {
    fs.writeFile(BATCH, JSON.stringify(pictures), (error) => {
      if (error) console.log(`[WARN] the batch was not kept: ${error.code}`);
      resolve({ thumbnails: pictures.flatMap((key) => SIZES.map((size) => thumbnail(key, size))) });
    });
  });
}

serve({ invoke });
