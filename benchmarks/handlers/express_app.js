// An ordinary Express handler: one route, JSON in, JSON out.
const express = require("express");

const app = express();
app.use(express.json({ strict: false }));
app.all("/api/hello", (request, response) => {
  const body = request.body && typeof request.body === "object" ? request.body : {};
  response.json({ greeting: `Hello, ${body.name || request.query.name || "you"}` });
});
app.use((error, request, response, next) => response.status(400).json({ error: error.type || "bad request" }));
app.listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, "127.0.0.1");
