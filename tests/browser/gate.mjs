/** A gateway before the server that can be slow, refuse, ask for a login, be gone, or show another site. */

import http from "node:http";

export class Gate {
  /** Answers a request in place of the server: `(request, respond) => boolean` whether it did. */
  instead = () => false;
  /** Changes what the server said: `(path, headers, body) => body`; null where nothing is changed. */
  change = null;
  #sockets = new Set();
  #server = null;

  constructor(target) {
    this.target = new URL(target);
  }

  async up(port = this.port ?? 0) {
    this.#server = http.createServer((request, response) => this.#pass(request, response));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    this.port = this.#server.address().port;
    return `http://127.0.0.1:${this.port}`;
  }

  async down() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(request, response) {
    if (this.instead(request, response)) return;
    const { hostname, port } = this.target;
    const headers = { ...request.headers, host: request.headers.host };
    if (this.change) for (const name of ["accept-encoding", "if-none-match", "if-modified-since"]) delete headers[name];
    const onward = http.request({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
      if (!this.change || /event-stream/.test(answer.headers["content-type"])) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        return;
      }
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const given = { ...answer.headers };
        const body = this.change(request.url, given, Buffer.concat(parts));
        delete given["content-length"];
        response.writeHead(answer.statusCode, given);
        response.end(body);
      });
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  }
}
