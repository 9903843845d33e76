#!/usr/bin/env node
// A photo service: people sign up over HTTP, thumbnail jobs come from a queue, uploads are looked at as blobs.
"use strict";

const http = require("node:http");

const PLANS = ["free", "family", "studio"];
const WIDTHS = { min: 16, max: 2048, usual: 320 };
const KINDS = [
  ["png", Buffer.from([0x89, 0x50, 0x4e, 0x47])],
  ["jpeg", Buffer.from([0xff, 0xd8, 0xff])],
  ["gif", Buffer.from("GIF8")],
];

// The value of a JSON text, or undefined where it is no JSON text.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// A short text of the sender's, without halves of surrogate pairs, which have no UTF-8 form.
function clip(text) {
  return text.slice(0, 200).toWellFormed();
}

// The body as text: absent when empty, base64 for the media types that the host takes for binary.
function bodyText(request) {
  const headers = Object.entries(request.Headers ?? {});
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1].join(",").toLowerCase() ?? "";
  const binary = type.startsWith("application/octet-stream") || type.includes("multipart/");
  return binary ? Buffer.from(request.Body ?? "", "base64").toString() : request.Body;
}

function signup(data) {
  const request = data.req ?? {};
  const plan = request.Params?.plan ?? "free";
  const email = parse(bodyText(request))?.email;
  let status = 201;
  let error;
  if (!PLANS.includes(plan)) {
    [status, error] = [404, `the plans are ${PLANS.join(", ")}`];
  } else if (typeof email !== "string" || !/^[^\s@]{1,64}@[^\s@]{1,120}$/.test(email)) {
    [status, error] = [400, "an e-mail address is needed"];
  }
  const content = error ? { error } : { email: clip(email), plan };
  return {
    Outputs: {
      res: { statusCode: status, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) },
      attempt: JSON.stringify({ plan: clip(plan), accepted: !error }),
    },
    Logs: [`signup: ${status}`],
  };
}

function makeThumbnail(data) {
  // A queue message is JSON text in a JSON string; a job is JSON in that text.
  const message = parse(data.job) ?? "";
  const job = parse(message);
  const done = (result) => ({ Outputs: { done: JSON.stringify(result) }, Logs: [`thumbnail: ${result.state}`] });
  if (message === "") return done({ state: "skipped", reason: "the message is empty" });
  if (typeof job?.image !== "string") return done({ state: "rejected", reason: "a job names an image" });
  const width = job.width ?? WIDTHS.usual;
  if (!Number.isInteger(width) || width < WIDTHS.min || width > WIDTHS.max) {
    return done({ state: "rejected", reason: `the width is ${WIDTHS.min} to ${WIDTHS.max}` });
  }
  return done({ state: "made", thumbnail: `${clip(job.image)}@${width}` });
}

function onUpload(data, metadata) {
  const image = Buffer.from(data.image ?? "", "base64"); // a blob is base64, once, whatever it holds
  const name = clip(String(parse(metadata.name) ?? ""));
  const kind = KINDS.find(([, magic]) => image.subarray(0, magic.length).equals(magic))?.[0] ?? "unknown";
  return { Outputs: { info: JSON.stringify({ name, kind, bytes: image.length }) }, Logs: [`upload: ${kind}`] };
}

const FUNCTIONS = new Map([
  ["/signup", signup],
  ["/make-thumbnail", makeThumbnail],
  ["/on-upload", onUpload],
]);

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function send(response, status, content) {
  const body = JSON.stringify(content);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

async function answer(request, response) {
  let body;
  try {
    body = await readBody(request);
  } catch {
    return; // the caller went away
  }
  if (request.method !== "POST") return send(response, 200, { state: "ready" });
  const run = FUNCTIONS.get(request.url);
  if (!run) return send(response, 404, { error: "no such function" });
  try {
    const { Data, Metadata } = parse(body) ?? {};
    send(response, 200, run(Data ?? {}, Metadata ?? {}));
  } catch (error) {
    console.error(error.stack);
    send(response, 500, { error: error.message });
  }
}

const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
