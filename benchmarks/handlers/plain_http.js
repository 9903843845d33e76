// A handler on the standard library's server, which takes its usual time to start.
require("http")
  .createServer((request, response) => request.on("data", () => {}).on("end", () => response.end("ok")))
  .listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, "127.0.0.1");
