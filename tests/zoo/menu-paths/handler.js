#!/usr/bin/env node
// Turns a flat list of categories into the paths for a menu.
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


const MOST = 500;

function readCategories(body) {
  const list = parse(body);
  if (!Array.isArray(list) || list.length > MOST) return undefined;
  const good = (item) => typeof item?.id === "string" && item.id !== "" && ["string", "undefined"].includes(typeof item.parent);
  return list.every(good) ? list : undefined;
}

function title(category) {
  const text = typeof category.title === "string" ? category.title : category.id;
  return text.slice(0, 60).toWellFormed();
}

// From the root down to the category, as the menu shows it.
function trail(category, byId) {
  let text = title(category);
  for (let above = byId.get(category.parent); above; above = byId.get(above.parent)) {
    text = text.length < 400 ? `${title(above)} > ${text}` : text;
  }
  return text;
}

function menu(data) {
  const categories = readCategories(data.req?.Body);
  if (!categories) return reply(400, { error: `at most ${MOST} categories, each with an id and perhaps a parent` });
  const byId = new Map(categories.map((category) => [category.id, category]));
  const orphans = categories.filter((category) => category.parent !== undefined && !byId.has(category.parent));
  if (orphans.length > 0) return reply(422, { error: "a parent is not in the list", orphans: orphans.length });
  return reply(200, { paths: categories.map((category) => trail(category, byId)) });
}

const FUNCTIONS = {
  __proto__: null,
  "/menu": menu,
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
