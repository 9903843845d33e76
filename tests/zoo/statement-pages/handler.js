#!/usr/bin/env node
// Splits bank statements into pages for the printer.
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


const ROWS_PER_PAGE = 40;
const MOST_ROWS = 5000;

function rowsOf(content) {
  const rows = content.toString("utf8").split(/\r?\n/);
  if (rows.at(-1) === "") rows.pop(); // the file ends with a line feed
  return rows.map((row) => row.split(";"));
}

function amountOf(row) {
  const amount = Number((row[1] ?? "").trim().replace(",", "."));
  return Number.isFinite(amount) && Math.abs(amount) < 1e9 ? amount : 0;
}

function pagesOf(rows) {
  const pages = [];
  let open = [];
  for (const row of rows) {
    open.push(row);
    if (open.length === ROWS_PER_PAGE) {
      pages.push(open);
      open = [];
    }
  }
  if (pages.length > 0 || open.length > 0) pages.push(open);
  return pages;
}

function footer(page, number) {
  const sum = page.reduce((total, row) => total + amountOf(row), 0);
  const last = page[page.length - 1][0].trim().slice(0, 30).toWellFormed();
  return { page: number + 1, rows: page.length, sum: Number(sum.toFixed(2)), last };
}

function paginate(data, metadata) {
  const content = Buffer.from(data.statement ?? "", "base64");
  const rows = rowsOf(content);
  if (rows.length > MOST_ROWS) return { Outputs: { job: "" }, Logs: ["too many rows"] };
  const pages = pagesOf(rows);
  const name = String(parse(metadata.name) ?? "").slice(0, 120).toWellFormed();
  const job = { file: name, pages: pages.map(footer) };
  return { Outputs: { job: JSON.stringify(job) }, Logs: [`${pages.length} pages`] };
}

const FUNCTIONS = {
  __proto__: null,
  "/paginate": paginate,
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
  const { Data, Metadata } = parse(body) ?? {};
  send(response, 200, run(Data ?? {}, Metadata ?? {}));
}

const server = http.createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }, answer);
server.listen(Number(process.env.FUNCTIONS_CUSTOMHANDLER_PORT), "127.0.0.1");
