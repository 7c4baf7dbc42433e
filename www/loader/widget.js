// Forecourt's loader: the one script tag on a dealer's page. docs/embed.md is its manual.
//
// It draws a launcher and, once the visitor acts, opens the chat in a frame of the relay's origin.
// It holds no word of the conversation: the frame says only that it is ready, how many messages are
// unread and what kind of thing happened.
//
// Before the visitor acts it requests nothing more and stores nothing (B-01). It throws nothing into
// the page. The syntax is that of 2017 on purpose: a browser without shadow DOM or constructable
// style sheets must still get as far as the plain link.
(() => {
  const doc = document;
  const root = doc.documentElement;
  const script = doc.currentScript;

  // The name of the chat, and "unread".
  const WORDS = {
    en: ['Chat with our AI assistant', 'unread'],
    de: ['Chat mit unserem KI-Assistenten', 'ungelesen'],
    ar: ['الدردشة مع مساعد الذكاء الاصطناعي', 'غير مقروءة'],
  };

  // Nothing that goes wrong here, or in a page's listener, becomes an error of the page.
  const safe = (fn) => (arg) => {
    try {
      return fn(arg);
    } catch (error) {
      console.warn('Forecourt:', error);
    }
  };

  const start = () => {
    if (window.Forecourt && window.Forecourt.destroy) return;
    const data = script.dataset;
    if (!/^site_[a-z0-9-]{4,40}$/.test(data.site)) throw 'wrong data-site: copy the snippet again';
    const url = new URL('/chat/' + data.site, script.src);
    if (data.lang) url.searchParams.set('lang', data.lang);
    const { origin } = url;
    const lang = (/^(de|ar)/i.exec(data.lang || root.lang) || ['en'])[0].toLowerCase();
    const [title, unreadWord] = WORDS[lang];
    const name = (data.label ? data.label + ', ' : '') + title;

    const make = (parent, tag, attributes) => {
      const element = doc.createElement(tag);
      for (const key in attributes) element.setAttribute(key, attributes[key]);
      return parent.appendChild(element);
    };
    const makeLink = (parent) => {
      const link = make(parent, 'a', { href: url, target: '_blank', rel: 'noopener' });
      link.append(title, ' ↗');
      return link;
    };

    // The end of the line in the page's direction, unless the tag names a side.
    const side = /left|right/.exec(data.position) || (root.dir === 'rtl' ? 'left' : 'right');
    const bottom = Math.min(data.offsetBottom >>> 0 || 20, 400);
    const host = doc.createElement('forecourt-chat');
    host.lang = lang;
    let shadow;
    try {
      // `:host` with `!important` wins over every rule of the page, important or not: of two important
      // rules the inner tree's goes first. A constructed sheet needs no leave of the page's CSP.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`:host{all:initial!important;position:fixed!important;z-index:var(--forecourt-z,2147483647)!important;${side}:20px!important;bottom:${bottom}px!important}
button{position:relative;z-index:1;display:flex;align-items:center;gap:10px;min-height:56px;max-width:calc(100vw - 40px);padding:0 14px;border:2px solid transparent;border-radius:28px;font:600 16px system-ui;box-shadow:0 2px 12px #0006}
button:focus-visible{outline:3px solid #111;outline-offset:2px;box-shadow:0 0 0 3px #fff}
i{border:12px solid;clip-path:path('M3 3h18v14H11l-5 4v-4H3')}
[aria-expanded=true] i{clip-path:path('M5 3l7 7 7-7 2 2-7 7 7 7-2 2-7-7-7 7-2-2 7-7-7-7')}
b{position:absolute;top:-8px;right:-4px;padding:2px 7px;border-radius:14px;background:#b3001b;color:#fff;font-size:13px}
b:empty,[aria-expanded=false]+div{display:none}
div{position:absolute;bottom:calc(100% + 16px);${side}:0;overflow:hidden;border:1px solid transparent;border-radius:16px;background:Canvas;color-scheme:light dark;box-shadow:0 8px 40px #0006}
iframe{display:block;width:min(400px,100vw - 40px);height:min(640px,100vh - ${bottom + 92}px);border:0;color-scheme:light dark}
a{display:block;padding:20px;font:16px system-ui;color:LinkText}
[aria-modal=true]{position:fixed;inset:0;border:0;border-radius:0}
[aria-modal=true] iframe{width:100%;height:100%}
@media print{:host{display:none!important}}`);
      shadow = host.attachShadow({ mode: 'closed' });
      shadow.adoptedStyleSheets = [sheet];
    } catch (error) {
      // Too old for the panel: the same methods, as far as a link can have them.
      const go = safe(() => void window.open(url));
      const none = () => none;
      makeLink(root.appendChild(host));
      window.Forecourt = { open: go, toggle: go, close: none, on: none, destroy: () => host.remove(delete window.Forecourt) };
      return;
    }

    const button = make(shadow, 'button', { 'aria-controls': 'panel' });
    make(button, 'i');
    button.append(data.label || '');
    const badge = make(button, 'b');
    const panel = make(shadow, 'div', { id: 'panel', role: 'dialog', 'aria-label': title });

    let opened = false;
    let unread = 0;
    let attachments = 0;
    const listeners = [];
    let ready, frame, port, timer, held, overflow, gone;
    const narrow = matchMedia('(max-width:480px),(max-height:480px)');
    const view = visualViewport;
    const stop = new AbortController();
    const listen = (target, types, fn) =>
      types.split(' ').forEach((type) => target.addEventListener(type, safe(fn), { signal: stop.signal }));

    // Colours are #rrggbb, and what stands on the launcher can be read whatever was asked for (E-06).
    const isColour = (text) => /^#[0-9a-f]{6}$/i.test(text);
    const light = (colour) =>
      [54, 183, 18].reduce((sum, weight, i) => sum + weight * (('0x' + colour.substr(1 + 2 * i, 2)) / 255) ** 2.2, 13);
    const paint = (ground, text) => {
      const ratio = isColour(text) ? light(text) / light(ground) : 1;
      button.style.background = ground;
      button.style.color = ratio > 4.6 || ratio < 0.21 ? text : light(ground) < 59 ? '#fff' : '#000';
    };
    paint(isColour(data.color) ? data.color : '#0b5c7a', data.textColor);

    // A payload is the event's name and how many messages are unread; never a word of the chat.
    const emit = (type) => listeners.forEach((entry) => entry[0] === type && safe(entry[1])({ type, unread }));
    // The one word in the page's sessionStorage, written only once the visitor has acted on the page (B-01).
    // Where that is denied or unknown, the chat just isn't open on the next page.
    const stored = safe(() => sessionStorage['fc:open']);
    const store = safe((word) =>
      word ? navigator.userActivation.hasBeenActive && (sessionStorage['fc:open'] = word) : delete sessionStorage['fc:open']
    );
    const hasFocus = () => doc.activeElement === host;
    // Only where the visitor's focus is in the panel already may the chat move it (E-15).
    const tell = () => port && port.postMessage({ type: opened ? 'shown' : 'hidden', focus: hasFocus() });

    // Shows what the state says.
    const draw = () => {
      const full = !!(opened && frame && narrow.matches);
      badge.textContent = unread || '';
      button.setAttribute('aria-label', unread ? name + ', ' + unreadWord + ': ' + unread : name);
      button.setAttribute('aria-expanded', opened);
      button.style.display = full && ready ? 'none' : '';
      panel.setAttribute('aria-modal', full);
      // A phone's keyboard shrinks only the visual viewport: the panel follows it.
      panel.style.cssText = full && view.scale === 1 ? `top:${view.offsetTop}px;height:${view.height}px` : '';
      // Full screen is modal (E-10), and the page behind it doesn't scroll. The host stands beside the body, so
      // that it isn't inert itself.
      if (full || held) {
        if (!held) overflow = root.style.overflow;
        root.style.overflow = full ? 'hidden' : overflow;
        doc.body.inert = held = full;
      }
    };

    const drop = () => {
      clearTimeout(timer);
      panel.textContent = '';
      ready = frame = port = null;
    };
    const fail = () => {
      const focus = hasFocus();
      drop();
      draw();
      const link = makeLink(panel);
      if (focus) link.focus();
    };
    const failWithin = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(safe(fail), ms);
    };

    const hear = ({ data: said }) => {
      const { type } = said;
      if (type === 'close') return close();
      if (type === 'theme') return isColour(said.accent) && !isColour(data.color) && paint(said.accent, said.onAccent);
      if (type === 'ready') {
        clearTimeout(timer);
        ready = true;
      }
      if (type === 'unread') unread = said.count >>> 0;
      draw();
      emit(said.name || type);
    };
    // The frame is known by its window and its origin; nobody else is listened to.
    const greet = (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== origin || event.data.forecourt !== 'hello') return;
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = safe(hear);
      event.source.postMessage({ forecourt: 'port' }, origin, [channel.port2]);
      tell();
    };

    // `again`: it was open on the page before. The focus stays where the page has it.
    const open = (again) => {
      if (opened || gone) return;
      opened = true;
      unread = 0;
      if (!frame) {
        drop();
        frame = make(panel, 'iframe', { title, allow: '', referrerpolicy: 'origin', src: url });
        // A blocked frame loads, and stays silent: 3 s from its load to its `hello`, 10 s from here to its `ready`.
        frame.onload = () => port || failWithin(3000);
        failWithin(10000);
      }
      store(1);
      draw();
      if (!again) frame.focus();
      tell();
      emit('open');
    };
    const close = () => {
      if (!opened) return;
      const focus = hasFocus();
      opened = false;
      store();
      draw();
      tell();
      if (focus) button.focus();
      emit('close');
    };
    const toggle = () => (opened ? close() : open());

    // Beside the body: there the chat outlives a page that swaps its body, and its frame isn't reloaded.
    const attach = () => {
      // 99 times at most, so that a page that removes it and the loader don't fight for ever.
      if (!host.isConnected && attachments++ < 99) {
        [doc, doc.documentElement].forEach((node) => watcher.observe(node, { childList: true }));
        doc.documentElement.appendChild(host);
      }
      draw();
    };
    const watcher = new MutationObserver(safe(attach));
    const begin = () => {
      attach();
      if (stored() && !narrow.matches) open(true);
    };

    listen(button, 'click', toggle);
    listen(shadow, 'keydown', ({ key }) => key === 'Escape' && close());
    listen(window, 'message', greet);
    listen(narrow, 'change', draw);
    listen(view, 'resize scroll', draw);
    // Out of the back-forward cache: what the visitor did since, on another page, holds.
    // Over a phone's whole screen the chat never comes by itself.
    listen(window, 'pageshow', ({ persisted }) => persisted && (narrow.matches || !stored() === opened) && (opened ? close() : narrow.matches || open(true)));
    // What sticks in a corner must not hide what has the focus in the page (E-16).
    listen(doc, 'focusin focusout', () =>
      requestAnimationFrame(
        safe(() => {
          const a = doc.activeElement.getBoundingClientRect();
          const b = (opened ? panel : button).getBoundingClientRect();
          const hidden = !hasFocus() && b.left <= a.left && a.right <= b.right && b.top <= a.top && a.bottom <= b.bottom;
          button.style.opacity = panel.style.opacity = hidden ? 0.1 : 1;
        })
      )
    );
    if (doc.body) begin();
    else listen(doc, 'DOMContentLoaded', begin);

    window.Forecourt = {
      open: safe(() => open()),
      close: safe(close),
      toggle: safe(toggle),
      destroy: safe(() => {
        close();
        gone = true;
        drop();
        watcher.disconnect();
        stop.abort();
        host.remove();
        delete window.Forecourt;
      }),
      on: (type, fn) => {
        const entry = [type, fn];
        listeners.push(entry);
        return () => (entry.length = 0);
      },
    };
  };

  safe(start)();
})();
