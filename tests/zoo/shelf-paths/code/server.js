#!/usr/bin/env node
// Flattens a tree of categories into paths: {"name": "Home", "children": [{"name": "Garden"}]}
"use strict";

const { Rejected, parse, serve } = require("./runtime.js");

const MOST_SHOWN = 50;

function slug(name) {
  return name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "x";
}

function check(category) {
  if (category === null || typeof category !== "object") throw new Rejected("a category is an object");
  if (typeof category.name !== "string") throw new Rejected("a category has a name");
  const children = category.children ?? [];
  if (!Array.isArray(children)) throw new Rejected("children is a list");
  return children;
}

function walk(category, depth, seen) {
  const children = check(category);
  seen.count += 1;
  seen.depth = Math.max(seen.depth, depth);
  if (seen.slugs.length < MOST_SHOWN) seen.slugs.push(slug(category.name.slice(0, 80)));
  for (const child of children) walk(child, depth + 1, seen);
  return seen;
}

function invoke(event) {
  const seen = walk(parse(event), 1, { count: 0, depth: 0, slugs: [] });
  console.log(`[INFO] ${seen.count} categories`);
  return seen;
}

serve({ invoke });
