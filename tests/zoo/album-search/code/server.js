#!/usr/bin/env node
// Searches a record shop: GET /albums?artist=can&page=1, POST /baskets {"albums": [1, 2]}
"use strict";

const { Problem, jsonObject, serve } = require("./web.js");

const ALBUMS = [
  { id: 1, artist: "Can", title: "Future Days", cents: 1899 },
  { id: 2, artist: "Björk", title: "Homogenic", cents: 1499 },
  { id: 3, artist: "Sigur Rós", title: "Takk...", cents: 1599 },
  { id: 4, artist: "Can", title: "Tago Mago", cents: 2199 },
];
const SIZE = 2;
const MOST = 100;

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function pageOf(query) {
  const text = query.get("page") ?? "1";
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Problem(400, "page is a number from 1");
  return Number(text);
}

function search({ query }) {
  const artist = plain((query.get("artist") ?? "").slice(0, 200));
  const page = pageOf(query);
  const found = ALBUMS.filter((album) => plain(album.artist).includes(artist));
  return [200, { page, found: found.length, albums: found.slice((page - 1) * SIZE, page * SIZE) }];
}

function album({ match }) {
  const found = ALBUMS.find(({ id }) => String(id) === match[1]);
  if (!found) throw new Problem(404, "no such album");
  return [200, found];
}

function basket({ body }) {
  const { albums } = jsonObject(body);
  if (!Array.isArray(albums) || albums.length > MOST) throw new Problem(422, "albums is a list of numbers");
  const chosen = albums.map((wanted) => ALBUMS.find(({ id }) => id === wanted));
  if (chosen.includes(undefined)) throw new Problem(422, "no such album");
  return [200, { albums: chosen.length, cents: chosen.reduce((sum, { cents }) => sum + cents, 0) }];
}

serve(
  ["GET", /^\/$/, () => [200, { albums: ALBUMS.length }]],
  ["GET", /^\/albums\/?$/, search],
  ["GET", /^\/albums\/([^/]+)$/, album],
  ["POST", /^\/baskets\/?$/, basket],
);
