#!/usr/bin/env node
// Prices for partners: GET /quotes?sku=A1 with the header X-Partner
"use strict";

const { Problem, serve } = require("./web.js");

const PARTNERS = new Map([["acme", 0.9], ["globex", 0.85]]);
const PRICES = new Map([["A1", 1200], ["A2", 450], ["B7", 9900]]);

function factor(headers) {
  const partner = headers["x-partner"].trim().toLowerCase();
  if (partner.length > 64) throw new Problem(400, "the partner's name is too long");
  return PARTNERS.get(partner) ?? 1;
}

function quotes({ headers, query }) {
  const sku = query.get("sku");
  const share = factor(headers);
  if (sku !== null && !PRICES.has(sku)) throw new Problem(404, "no such article");
  const chosen = [...PRICES].filter(([name]) => sku === null || name === sku);
  return [200, { quotes: chosen.map(([name, cents]) => ({ sku: name, cents: Math.round(cents * share) })) }];
}

serve(
  ["GET", /^\/$/, () => [200, { articles: PRICES.size }]],
  ["GET", /^\/quotes\/?$/, quotes],
);
