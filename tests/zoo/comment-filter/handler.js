#!/usr/bin/env node
// Decides whether a comment may be shown at once.
"use strict";

const http = require("node:http");

// The value of a JSON text, or undefined where it is no JSON text.
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}


function reply(statusCode, content) {
  return { Outputs: { res: { statusCode, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) } } };
}


const TAG = /^(#?[a-z0-9]+[_-]?)+$/i;
const BLOCKED = ["casino", "lottery"];
const LONGEST = 5000;

function readComment(body) {
  const comment = parse(body);
  if (typeof comment?.text !== "string") return { reason: "text is missing" };
  if (comment.text.length > LONGEST) return { reason: "the text is too long" };
  const tags = comment.tags ?? [];
  if (!Array.isArray(tags) || tags.length > 10) return { reason: "tags is a list of at most ten" };
  return { text: comment.text, tags };
}

function judge(text) {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (words.some((word) => BLOCKED.includes(word))) return "blocked";
  const links = text.split("http").length - 1;
  return links > 2 ? "review" : "shown";
}

function comment(data) {
  const { text, tags, reason } = readComment(data.req?.Body);
  if (reason) return reply(400, { error: reason });
  const bad = tags.findIndex((tag) => typeof tag !== "string" || !TAG.test(tag));
  if (bad >= 0) return reply(422, { error: `tag ${bad + 1} has other characters than letters, digits and dashes` });
  return reply(200, { state: judge(text), tags: tags.length });
}

const FUNCTIONS = {
  __proto__: null,
  "/comment": comment,
};

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
  const run = FUNCTIONS[request.url];
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
