// Plans into which sizes new pictures are rendered.
"use strict";

const { Rejected, parse, serve } = require("./runtime.js");

const WIDTHS = [320, 640, 1280];
const TYPES = new Map([["image/jpeg", "jpg"], ["image/png", "png"], ["image/webp", "webp"]]);
const SMALL = 20 * 1024;

function objects(value) {
  if (!Array.isArray(value?.events)) throw new Rejected("no events");
  return value.events.map((record) => {
    const object = record?.oss?.object;
    if (typeof object?.key !== "string") throw new Rejected("a record has no object key");
    return object;
  });
}

function extension(object) {
  const byType = TYPES.get(object.objectMeta?.mimeType);
  const dot = object.key.lastIndexOf(".");
  const byName = dot > object.key.lastIndexOf("/") ? object.key.slice(dot + 1).toLowerCase() : "";
  return byType ?? ([...TYPES.values()].includes(byName) ? byName : null);
}

function plan(object) {
  const found = extension(object);
  if (found === null || object.key.endsWith("/")) return { key: object.key, skipped: "no picture" };
  if (Number.isInteger(object.size) && object.size < SMALL) return { key: object.key, widths: WIDTHS.slice(0, 1), as: found };
  return { key: object.key, widths: WIDTHS, as: found };
}

function invoke(event) {
  const plans = objects(parse(event)).map(plan);
  console.log(`[INFO] ${plans.length} objects`);
  return { plans };
}

serve({ invoke, initialize: () => ({ widths: WIDTHS }) });
