// A model that says what the test says, when the test says it, in OpenAI's streaming format.
//
// The tests of providers have `mock-llm`; here a test must hold an answer in the middle, without
// sleeping, and let it go again.

import { createServer } from 'node:http';

import { freePort } from './servers.mjs';

export class Model {
  /** Starts it. `answer` maps the visitor's last words to the pieces of the answer. */
  static async start(answer = () => ['Yes.']) {
    const model = new Model();
    model.answer = answer;
    model.asked = [];
    model.held = null;
    model.server = createServer((request, response) => model.handle(request, response).catch(() => response.destroy()));
    model.port = await freePort();
    await new Promise((resolve) => model.server.listen(model.port, '127.0.0.1', resolve));
    return model;
  }

  /** The flags that make a relay ask this model. */
  get flags() {
    return ['--llm-provider', 'openai-compatible', '--llm-base-url', `http://127.0.0.1:${this.port}/v1`, '--llm-model', 'scripted'];
  }

  /** From now on each answer stops after `pieces` pieces until `release` is called. */
  hold(pieces) {
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    this.held = { pieces, gate, open };
  }

  /** Lets answers go on to their end. */
  release() {
    this.held?.open();
    this.held = null;
  }

  async handle(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { messages = [], model } = body ? JSON.parse(body) : {};
    const asked = messages.filter(({ role }) => role === 'user').at(-1)?.content ?? '';
    this.asked.push(asked);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (delta, finish_reason = null) =>
      response.write(`data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    say({ role: 'assistant', content: '' });
    for (const [index, piece] of this.answer(asked).entries()) {
      if (index === this.held?.pieces) await this.held.gate;
      say({ content: piece });
    }
    say({}, 'stop');
    response.end('data: [DONE]\n\n');
  }

  async end() {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
