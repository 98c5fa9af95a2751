"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const w = data.words;
  const SVG = $("map").namespaceURI;
  const COLOURS = 7, DASHES = 3, LONG_LIST = 5;

  // ---------------------------------------------------------------- small things
  // Text from the data only ever becomes text nodes and attribute values, never markup.
  function build(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }
  const el = (name, attributes, ...children) => build(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) => build(document.createElementNS(SVG, name), attributes, children);
  const icon = (d) => svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d }));
  const say = (word, n) => w[word].replace("{n}", n);
  const pad = (n) => String(n).padStart(2, "0");
  const clock = (s) => `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}`;
  const km = (m) => `${(m / 1000).toFixed(1)} km`;
  const kg = (g) => `${(g / 1000).toFixed(1)} kg`;
  const grouped = (n, digits) => n.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const yuan = (fen, digits = 2) => `${grouped(fen / 100, digits)} ${w.yuan}`;
  const percent = (permille) => `${(Math.abs(permille) / 10).toFixed(1)}%`;
  const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);
  const letters = (n) => (n < 26 ? "" : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(65 + (n % 26));

  // ---------------------------------------------------------------- the plan: runs and trips alike are services
  const nodes = new Map(data.nodes.map((node) => [node.id, { ...node, visits: [], unserved: [], waits: [] }]));
  const goods = new Map(Object.entries(data.goods));

  function numbers(ids) {
    const found = ids.map((id) => (/(\d{1,3})$/.exec(id) || [])[1]);
    const plain = found.map((digits) => digits && String(Number(digits)));
    return new Set(plain).size === ids.length && !plain.includes(undefined) ? plain : ids.map((_, i) => String(i + 1));
  }

  const runLabels = numbers(data.runs.map((run) => run.id));
  const runs = data.runs.map((run, i) => ({
    ...run, type: "run", label: runLabels[i], colour: i % COLOURS, dash: Math.floor(i / COLOURS) % DASHES,
    path: run.stops.flatMap((stop) => [...stop.via, stop.node]), departure: run.stops[0]?.start ?? 0, arrival: run.stops.at(-1)?.departure ?? 0,
  }));
  const lines = [...new Set(data.trips.map((trip) => trip.line))];
  const trips = data.trips.map((trip) => {
    const number = lines.indexOf(trip.line);
    const same = data.trips.filter((other) => other.line === trip.line);
    const first = Math.min(...trip.bookings.map((booking) => booking.board));
    const last = Math.max(...trip.bookings.map((booking) => booking.alight));
    const stops = trip.calls.map((call, i) => {
      const off = trip.bookings.filter((booking) => booking.alight === i);
      const on = trip.bookings.filter((booking) => booking.board === i);
      return {
        ...call, drop: off.map((booking) => booking.goods), take: on.map((booking) => booking.goods),
        ready_by: on.length ? Math.min(...on.map((booking) => booking.ready_by)) : null,
        available: off.length ? Math.max(...off.map((booking) => booking.available)) : null,
        caught: on.length && on[0].caught !== null ? Math.min(...on.map((booking) => booking.caught)) : null,
      };
    });
    return {
      ...trip, type: "trip", stops, colour: (data.runs.length + number) % COLOURS, dash: 0,
      label: letters(number) + (same.length > 1 ? same.indexOf(trip) + 1 : ""),
      path: trip.calls.slice(first, last + 1).map((call) => call.node),
      departure: trip.calls[first].departure, arrival: trip.calls[last].arrival,
      pieces: sum(trip.bookings, (booking) => goods.get(booking.goods).pieces),
    };
  });
  const services = [...runs, ...trips];
  for (const service of services) {
    service.stops.forEach((stop, index) => {
      stop.goods = [...stop.drop, ...stop.take];
      stop.index = index;
      if (service.type === "run" || stop.goods.length) nodes.get(stop.node)?.visits.push({ service, stop });
    });
  }
  const isLate = (stop) => Boolean(stop.forecast) && stop.forecast.on_time < data.figures.wanted_permille;
  for (const left of data.unserved) {
    for (const id of goods.get(left.goods).nodes) nodes.get(id)?.unserved.push(left);
  }
  for (const one of data.waiting) {
    for (const id of goods.get(one.goods).nodes) nodes.get(id)?.waits.push(one);
  }

  // ---------------------------------------------------------------- state
  const state = { show: { in: true, out: true, lines: true }, service: null, stop: null, node: null, hover: null };
  const isShown = (id) => state.show[goods.get(id).out ? "out" : "in"];
  const isVisible = (service) => (service.type === "run" || state.show.lines) && service.stops.some((stop) => stop.goods.some(isShown));

  // ---------------------------------------------------------------- projection and view
  const outlinePoints = data.outline.flat();
  const all = outlinePoints.length ? outlinePoints : data.nodes.map((node) => [node.lon, node.lat]);
  const middle = (i) => (Math.min(...all.map((p) => p[i])) + Math.max(...all.map((p) => p[i]))) / 2;
  const [lon0, lat0] = all.length ? [middle(0), middle(1)] : [0, 0];
  const east = 111.32 * Math.cos((lat0 * Math.PI) / 180), north = 111.05;
  const project = (lon, lat) => [(lon - lon0) * east, (lat0 - lat) * north];
  for (const node of nodes.values()) [node.x, node.y] = project(node.lon, node.lat);
  const ground = all.length ? all.map(([lon, lat]) => project(lon, lat)) : [[0, 0]];
  const view = { k: 1, x: 0, y: 0, width: 1, height: 1 };
  const screen = (x, y) => [x * view.k + view.x, y * view.k + view.y];

  function fit() {
    const xs = ground.map((p) => p[0]), ys = ground.map((p) => p[1]);
    const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    const margin = Math.min(28, view.width / 12);
    const across = (view.width - 2 * margin) / Math.max(box.right - box.left, 1);
    const down = (view.height - 2 * margin) / Math.max(box.bottom - box.top, 1);
    view.k = Math.max(Math.min(across, down), 0.1);
    view.x = view.width / 2 - ((box.left + box.right) / 2) * view.k;
    view.y = view.height / 2 - ((box.top + box.bottom) / 2) * view.k;
    view.least = view.k / 2;
    view.whole = true;
    redraw();
  }

  function zoom(factor, x = view.width / 2, y = view.height / 2) {
    const k = Math.min(Math.max(view.k * factor, view.least), 400);
    view.x = x - ((x - view.x) * k) / view.k;
    view.y = y - ((y - view.y) * k) / view.k;
    view.k = k;
    view.whole = false;
    redraw();
  }

  function pan(dx, dy) {
    view.x += dx;
    view.y += dy;
    view.whole = false;
    redraw();
  }

  function reveal(node) {
    const [x, y] = screen(node.x, node.y), wide = view.width > 760;
    const right = wide && !$("card").hidden ? view.width - 360 : view.width - 30;
    const bottom = wide || $("card").hidden ? view.height - 30 : view.height * 0.3;
    if (x < 30 || x > right || y < 30 || y > bottom) pan(right / 2 - x, bottom / 2 - y);
  }

  // ---------------------------------------------------------------- shapes
  const SHAPES = {
    HUB: "M0-11 2.8-3.6 10.5-3.4 4.4 1.4 6.5 8.9 0 4.5-6.5 8.9-4.4 1.4-10.5-3.4-2.8-3.6Z",
    BUS_STATION: "M-5-5H5V5H-5Z",
    RAIL_STATION: "M0-7 7 0 0 7-7 0Z",
    FREIGHT_STATION: "M-3-6H3L6 0 3 6H-3L-6 0Z",
    POST_OFFICE: "M-6-4H6V4H-6Z",
    EXPRESS_OUTLET: "M-6-4.5H6L0 6Z",
    EXPRESS_SUPERMARKET: "M0-6 6 4.5H-6Z",
    VILLAGE_SHOP: "M-4 0A4 4 0 1 1 4 0 4 4 0 1 1-4 0Z",
    VILLAGE_POST_POINT: "M-3.7 0A3.7 3.7 0 1 1 3.7 0 3.7 3.7 0 1 1-3.7 0Z",
    VILLAGE_COMMITTEE: "M0-4.8 4.8 0 0 4.8-4.8 0Z",
    PARCEL_LOCKER: "M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z",
  };
  const HOLLOW = new Set(["VILLAGE_POST_POINT", "POST_OFFICE"]);
  const CROSS = "M-7-7 7 7M7-7-7 7";
  const LATE = "M-9.5 0A9.5 9.5 0 1 1 9.5 0 9.5 9.5 0 1 1-9.5 0Z";
  const RING = "M-7.5 0A7.5 7.5 0 1 1 7.5 0 7.5 7.5 0 1 1-7.5 0Z";
  const CLOCK = "M1.5 8A6.5 6.5 0 1 1 14.5 8 6.5 6.5 0 1 1 1.5 8ZM8 4.5V8L10.5 9.5";
  const isVillage = (node) => node.kind.startsWith("VILLAGE") || node.kind === "PARCEL_LOCKER";
  const markClass = (kind) => `mark${HOLLOW.has(kind) ? " hollow" : ""}${kind.startsWith("VILLAGE") || kind === "PARCEL_LOCKER" ? "" : " place"}`;

  // ---------------------------------------------------------------- the map, made once
  const trace = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(3)} ${y.toFixed(3)}`).join("");

  function drawMap() {
    $("map").setAttribute("aria-label", w.map);
    for (const ring of data.outline) $("land").append(svg("path", { d: `${trace(ring.map(([lon, lat]) => project(lon, lat)))}Z` }));
    for (const service of [...trips, ...runs]) {
      const places = service.path.map((id) => nodes.get(id)).filter(Boolean);
      const d = trace(places.map((node) => [node.x, node.y]));
      const handlers = {
        onclick: () => !moved && select(service),
        onpointerenter: (event) => event.pointerType === "mouse" && hover(service),
        onpointerleave: () => hover(null),
      };
      service.drawn = svg("g", { class: `c${service.colour}` },
        svg("path", { d, class: "case" }),
        svg("path", { d, class: service.type === "run" ? `run dash${service.dash}` : "trip" }),
        service.type === "trip" ? svg("path", { d, class: "core" }) : null,
        svg("path", { d, class: "hit", ...handlers }, svg("title", {}, named(service))));
      $("paths").append(service.drawn);
      const wide = 14 + 7 * service.label.length;
      service.badge = svg("g", { class: `${service.type} c${service.colour}`, ...handlers },
        service.type === "run"
          ? svg("circle", { r: service.label.length > 2 ? 13 : 11 })
          : svg("rect", { x: -wide / 2, y: -10, width: wide, height: 20, rx: 4 }),
        svg("text", {}, service.label));
      $("badges").append(service.badge);
    }
    for (const node of nodes.values()) {
      node.mark = svg("g", { class: markClass(node.kind), onclick: () => !moved && openNode(node.id) },
        svg("circle", { class: "near", r: 10 }),
        svg("path", { class: "shape", d: SHAPES[node.kind] || SHAPES.VILLAGE_SHOP }),
        node.visits.some(({ stop }) => isLate(stop)) ? svg("path", { class: "late", d: LATE }) : null,
        node.waits.length ? svg("path", { class: "ring", d: RING }) : null,
        node.unserved.length ? svg("path", { class: "cross", d: CROSS }) : null,
        svg("title", {}, node.name));
    }
    const order = [...nodes.values()].sort((a, b) => isVillage(b) - isVillage(a) || (a.kind === "HUB") - (b.kind === "HUB"));
    $("marks").append(...order.map((node) => node.mark));
  }

  // Badges sit on their own line, away from one another and from the nodes.
  function placeBadges() {
    const taken = [], marks = [...nodes.values()];
    for (const service of services) {
      const path = service.path.map((id) => nodes.get(id)).filter(Boolean);
      let best = path[0] || { x: 0, y: 0 }, most = -1;
      for (let i = 1; i < path.length; i++) {
        const a = path[i - 1], b = path[i];
        for (const t of [0.35, 0.5, 0.65]) {
          const spot = { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t };
          const away = (items) => view.k * Math.min(1e6, ...items.map((item) => Math.hypot(item.x - spot.x, item.y - spot.y)));
          const score = Math.min(away(taken), 60) + Math.min(away(marks), 18) * 2;
          if (score > most) [most, best] = [score, spot];
        }
      }
      service.spot = best;
      taken.push(best);
    }
  }

  // ---------------------------------------------------------------- what changes with the view
  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      place();
    });
  }

  function place() {
    const transform = `translate(${view.x} ${view.y}) scale(${view.k})`;
    $("land").setAttribute("transform", transform);
    $("paths").setAttribute("transform", transform);
    const at = (x, y) => `translate(${screen(x, y).map((v) => v.toFixed(1)).join(" ")})`;
    const size = Math.min(Math.max(view.k / 9, 0.8), 1.5);
    for (const node of nodes.values()) node.mark.setAttribute("transform", `${at(node.x, node.y)} scale(${size})`);
    for (const service of services) service.badge.setAttribute("transform", at(service.spot.x, service.spot.y));
    placeArrows();
    placeNames(size);
    placeScale();
  }

  function placeArrows() {
    const service = state.hover || state.service;
    $("arrows").replaceChildren();
    if (!service || !isVisible(service)) return;
    $("arrows").setAttribute("class", `c${service.colour}`);
    const path = service.path.map((id) => nodes.get(id)).filter(Boolean).map((node) => screen(node.x, node.y));
    for (let i = 1; i < path.length; i++) {
      const [[ax, ay], [bx, by]] = [path[i - 1], path[i]];
      if (Math.hypot(bx - ax, by - ay) < 34) continue;
      const [x, y] = [ax + (bx - ax) * 0.62, ay + (by - ay) * 0.62];
      const turn = (Math.atan2(by - ay, bx - ax) * 180) / Math.PI;
      $("arrows").append(svg("path", { d: "M-5-5 2 0-5 5", transform: `translate(${x} ${y}) rotate(${turn})` }));
    }
  }

  function placeNames(size) {
    const boxes = [], texts = [], labelled = [];
    const chosen = new Map();
    if (state.service) {
      for (const stop of state.service.stops) {
        if (stop.goods.length) chosen.set(stop.node, chosen.has(stop.node) ? `${chosen.get(stop.node)},${stop.index + 1}` : `${stop.index + 1}`);
      }
    }
    const rank = (node) => (node.id === state.node ? 0 : chosen.has(node.id) ? 1 : node.kind === "HUB" ? 0 : isVillage(node) ? 3 : 2);
    for (const service of services.filter(isVisible)) {
      const [x, y] = screen(service.spot.x, service.spot.y);
      boxes.push([x - 12, y - 11, x + 12, y + 11]);
    }
    for (const node of [...nodes.values()].sort((a, b) => rank(a) - rank(b))) {
      const order = rank(node);
      if ((order === 3 && view.k < 11) || (order === 2 && view.k < 4)) continue;
      const [x, y] = screen(node.x, node.y);
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
      if (order === 2 && labelled.some(([a, b]) => Math.hypot(a - x, b - y) < 40)) continue;
      const number = chosen.get(node.id);
      const text = number ? `${number} ${node.name}` : node.name;
      const wide = sum([...text], (letter) => (letter.charCodeAt(0) > 255 ? 12 : 6.6)), gap = 9 * size + (node.kind === "HUB" ? 4 : 0);
      const spots = [[x + gap, "start"], [x - gap - wide, "end"]];
      for (const [left, anchor] of spots) {
        const box = [left, y - 8, left + wide, y + 8];
        if (boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
        boxes.push(box);
        if (order <= 2) labelled.push([x, y]);
        const kind = number ? "stop" : isVillage(node) ? "" : "place";
        texts.push(svg("text", { x: anchor === "start" ? left : left + wide, y, "text-anchor": anchor, class: kind }, text));
        break;
      }
    }
    $("names").replaceChildren(...texts);
  }

  function placeScale() {
    const length = [100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1].find((km) => km * view.k <= 130) || 0.1;
    $("scale").querySelector(".bar").style.width = `${length * view.k}px`;
    $("scale").querySelector(".length").textContent = length < 1 ? `${length * 1000} m` : `${length} km`;
  }

  // ---------------------------------------------------------------- what changes with the choice
  function paint() {
    const lit = state.hover || state.service;
    for (const service of services) {
      const visible = isVisible(service), dim = lit !== null && lit !== service;
      for (const part of [service.drawn, service.badge]) {
        part.setAttribute("display", visible ? "inline" : "none");
        part.classList.toggle("dim", dim);
        part.classList.toggle("on", lit === service);
      }
      service.row.classList.toggle("on", state.service === service);
      service.row.classList.toggle("off", !visible);
      service.row.setAttribute("aria-expanded", String(state.service === service));
      service.times.hidden = state.service !== service;
      for (const button of service.times.querySelectorAll("button")) {
        button.classList.toggle("on", state.stop !== null && Number(button.dataset.stop) === state.stop);
      }
    }
    if (lit) {
      $("paths").append(lit.drawn);
      $("badges").append(lit.badge);
    }
    for (const node of nodes.values()) {
      const visits = node.visits.filter(({ service, stop }) => isVisible(service) && stop.goods.some(isShown));
      const mine = lit ? visits.find(({ service }) => service === lit) : visits[0];
      const colour = mine && isVillage(node) ? `c${mine.service.colour} stop` : "none";
      const flags = [markClass(node.kind), colour];
      if (node.unserved.some((left) => isShown(left.goods))) flags.push("alarm");
      const holds = node.waits.some((one) => isShown(one.goods));
      if (holds) flags.push("holds");
      if (!visits.length && !holds && node.kind !== "HUB") flags.push("idle");
      if (lit && !mine) flags.push("dim");
      if (node.id === state.node) flags.push("chosen");
      node.mark.setAttribute("class", flags.join(" "));
      const cross = node.mark.querySelector(".cross");
      if (cross) cross.setAttribute("display", flags.includes("alarm") ? "inline" : "none");
      const late = node.mark.querySelector(".late");
      if (late) late.setAttribute("display", visits.some(({ stop }) => isLate(stop)) ? "inline" : "none");
      const ring = node.mark.querySelector(".ring");
      if (ring) ring.setAttribute("display", holds ? "inline" : "none");
    }
    redraw();
  }

  function hover(service) {
    state.hover = service;
    paint();
  }

  function remember() {
    const parts = [];
    if (state.service) parts.push(`${state.service.type}=${encodeURIComponent(state.service.id)}`);
    if (state.stop !== null) parts.push(`stop=${state.stop + 1}`);
    else if (state.node) parts.push(`node=${encodeURIComponent(state.node)}`);
    try {
      history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : location.pathname + location.search);
    } catch {
      // A page opened inside another program may not change its address; nothing else depends on it.
    }
  }

  function select(service) {
    const same = state.service === service && state.stop === null;
    Object.assign(state, { service: same ? null : service, stop: null, node: null, hover: null });
    show();
    if (!same) bring(service.row);
  }

  // Scrolls the list alone: on a narrow screen the list is part of the page, and the map should stay in sight.
  function bring(item) {
    const list = $("list");
    if (getComputedStyle(list).overflowY !== "auto") return;
    const top = item.getBoundingClientRect().top - list.getBoundingClientRect().top, high = item.offsetHeight;
    if (top < 40) list.scrollTop += top - 40;
    else if (top + high > list.clientHeight) list.scrollTop += top + high - list.clientHeight + 20;
  }

  function openStop(service, index) {
    Object.assign(state, { service, stop: index, node: service.stops[index].node, hover: null });
    show();
    bring(service.times.querySelector(`[data-stop="${index}"]`) || service.row);
    if (nodes.has(state.node)) reveal(nodes.get(state.node));
  }

  function openNode(id) {
    const visit = nodes.get(id).visits.find(({ service, stop }) => service === state.service && stop.goods.length);
    if (visit) return openStop(visit.service, visit.stop.index);
    Object.assign(state, { service: null, stop: null, node: id });
    show();
    reveal(nodes.get(id));
  }

  function close() {
    if (state.node) Object.assign(state, { node: null, stop: null });
    else state.service = null;
    show();
  }

  function show() {
    drawCard();
    paint();
    remember();
  }

  function readHash() {
    const wish = new URLSearchParams(location.hash.slice(1));
    const service = services.find((one) => one.id === wish.get(one.type));
    const index = Number(wish.get("stop")) - 1;
    if (service && service.stops[index]) openStop(service, index);
    else if (service && state.service !== service) select(service);
    else if (nodes.has(wish.get("node"))) openNode(wish.get("node"));
  }

  // ---------------------------------------------------------------- the card of a place
  function drawCard() {
    const card = $("card"), node = nodes.get(state.node);
    card.hidden = !node;
    if (!node) return card.replaceChildren();
    const facts = [w[node.kind] || node.kind, `${w.hours} ${clock(node.opens)}–${clock(node.closes)}`];
    if (node.village) facts.push(`${w.village} ${node.village}`);
    if (node.position === "PLACED") facts.push(w.placed);
    const busy = node.visits.filter(({ service, stop }) => stop.goods.length || (service === state.service && stop.index === state.stop));
    const rank = ({ service, stop }) => (service !== state.service ? 2 : stop.index === state.stop ? 0 : 1);
    const visits = busy.sort((a, b) => rank(a) - rank(b) || a.stop.arrival - b.stop.arrival);
    const mine = visits.filter(({ service }) => !state.service || service === state.service);
    const others = visits.filter((visit) => !mine.includes(visit));
    card.setAttribute("aria-label", node.name);
    card.replaceChildren();
    build(card, {}, [
      el("header", {}, el("h2", {}, node.name),
        el("button", { class: "close", "aria-label": w.close, onclick: close }, icon("M3 3 13 13M13 3 3 13")),
        el("p", {}, facts.join(" · "))),
      ...node.unserved.map((left) => el("section", {},
        el("h3", {}, el("span", { class: "badge alarm", "aria-hidden": "true" }, "✕"), `${w.unserved}: ${w[left.reason] || left.reason}`),
        el("p", { class: "quiet" }, left.detail),
        left.change ? el("p", {}, left.change) : null,
        el("ul", {}, goodsRow(left.goods)))),
      ...byDetail(node.waits).map(waitSection),
      ...mine.map(visitSection),
      waysSection(data.ways[node.village]),
      others.length ? el("details", {}, el("summary", {}, say("others", others.length)), ...others.map(visitSection)) : null,
      visits.length || node.unserved.length || node.waits.length ? null : el("section", {}, el("p", { class: "quiet" }, w.no_visit)),
    ]);
    card.scrollTop = 0;
  }

  function byDetail(waits) {
    const order = [...waits].sort((a, b) => a.until.localeCompare(b.until));
    return [...new Set(order.map((one) => one.detail))].map((detail) => order.filter((one) => one.detail === detail));
  }

  function waitSection(waits) {
    const ids = waits.map((one) => one.goods);
    const total = `${sum(ids, (id) => goods.get(id).pieces)} ${w.n_pieces}`;
    return el("section", {},
      el("h3", {}, el("span", { class: "badge hold", "aria-hidden": "true" }, icon(CLOCK)), `${w.waiting}: ${say("until", waits[0].until)}`),
      el("p", { class: "quiet" }, waits[0].detail),
      ids.length > LONG_LIST
        ? el("details", {}, el("summary", {}, total), el("ul", {}, ...ids.map(goodsRow)))
        : el("ul", {}, ...ids.map(goodsRow)));
  }

  // How a village's goods travel, what that costs, and what else could be.
  function waysSection(way) {
    if (!way) return null;
    const named = (mode, terms) => `${w[mode]} (${terms.map((one) => w[`terms_${one}`]).join(w.comma)})`;
    const pairs = way.used.map((one) => [named(one.mode, [one.terms]), yuan(one.cost_fen)]);
    pairs.push([w.without, yuan(way.marginal_fen)]);
    if (way.next) pairs.push([`${w.next_best}: ${named(way.next.mode, way.next.terms)} ${way.next.detail}`, yuan(way.next.cost_fen)]);
    return el("section", {}, el("h3", {}, w.ways),
      el("dl", {}, ...pairs.flatMap(([term, value]) => [el("dt", { class: "wide" }, term), el("dd", { class: "wide" }, value)])),
      way.next ? null : el("p", { class: "quiet" }, `${w.no_other}: ${way.why_none}`));
  }

  const badge = (service) => el("span", { class: `badge ${service.type} c${service.colour}`, "aria-hidden": "true" }, service.label);

  function visitSection({ service, stop }) {
    const run = service.type === "run", chosen = service === state.service && stop.index === state.stop;
    const title = `${say(run ? "of_run" : "of_trip", service.label)} · ${say(run ? "stop" : "call", stop.index + 1)}`;
    const step = (word, by, d) => {
      const next = nextStop(service, stop.index, by);
      return el("button", { class: "step", "aria-label": w[word], disabled: next === null, onclick: () => openStop(service, next) }, icon(d));
    };
    const pairs = [[w.arrival, clock(stop.arrival)], [w.departure, clock(stop.departure)]];
    if (run && stop.start > stop.arrival) pairs.push([w.start, clock(stop.start)]);
    if (run && stop.leg_m) pairs.push([w.leg, km(stop.leg_m)]);
    if (!run && stop.ready_by !== null) pairs.push([w.ready_by, clock(stop.ready_by)]);
    if (!run && stop.available !== null) pairs.push([w.available, clock(stop.available)]);
    if (!run && stop.caught !== null) pairs.push([w.caught, percent(stop.caught)]);
    const likely = stop.forecast ? `${percent(stop.forecast.on_time)} · ${clock(stop.forecast.early)}–${clock(stop.forecast.late)}` : "";
    const wide = run ? [[w.load, `${stop.load_pieces} ${w.n_pieces} · ${kg(stop.load_g)}`]] : [];
    for (const shuttle of run ? [] : service.shuttles.filter((one) => one.from === stop.node || one.to === stop.node)) {
      const way = `${nodes.get(shuttle.from)?.name} → ${nodes.get(shuttle.to)?.name}`;
      wide.push([w.shuttle, `${clock(shuttle.departure)}–${clock(shuttle.arrival)} ${way}`]);
    }
    if (likely) wide.unshift([w.on_time_call, isLate(stop) ? el("em", {}, likely) : likely], [w.promise, percent(stop.forecast.promise)]);
    return el("section", { class: `c${service.colour}${chosen ? " chosen" : ""}` },
      el("h3", {}, badge(service), el("button", { onclick: () => openStop(service, stop.index) }, title),
        chosen ? step("previous", -1, "M10 3 5 8 10 13") : null, chosen ? step("next", 1, "M6 3 11 8 6 13") : null),
      el("dl", {}, ...pairs.flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, value)]),
        ...wide.flatMap(([term, value]) => [el("dt", { class: "wide" }, term), el("dd", { class: "wide" }, value)])),
      ...goodsList("drop", stop.drop), ...goodsList("take", stop.take),
      stop.goods.length ? null : el("p", { class: "quiet" }, w.nothing));
  }

  function nextStop(service, index, by) {
    for (let i = index + by; service.stops[i]; i += by) {
      if (service.type === "run" || service.stops[i].goods.length) return i;
    }
    return null;
  }

  function goodsList(word, ids) {
    if (!ids.length) return [];
    const items = ids.map((id) => goods.get(id));
    const total = `${sum(items, (one) => one.pieces)} ${w.n_pieces} · ${kg(sum(items, (one) => one.weight_g))}`;
    const list = el("ul", {}, ...ids.map(goodsRow));
    const head = el("h4", {}, w[word], el("span", {}, total));
    if (ids.length <= LONG_LIST) return [head, list];
    return [el("details", {}, el("summary", {}, `${w[word]} `, total), list)];
  }

  function goodsRow(id) {
    const one = goods.get(id);
    const facts = [one.carrier, w[one.out ? "out" : "in"], ...(w[one.temperature] ? [w[one.temperature]] : [])];
    return el("li", {}, el("span", {}, facts.join(" "), one.emergency ? el("em", {}, ` ${w.emergency}`) : null),
      el("span", {}, `${one.pieces} ${w.n_pieces} · ${kg(one.weight_g)}`), el("small", {}, id));
  }

  // ---------------------------------------------------------------- head, list, key
  function drawHead() {
    const figures = data.figures;
    const day = new Date(`${data.date}T00:00:00Z`).toLocaleDateString(document.documentElement.lang, { weekday: "short", timeZone: "UTC" });
    const figure = (term, value, unit, kind) =>
      el("div", {}, el("dt", {}, term), el("dd", { class: kind || "" }, value, unit ? el("small", {}, unit) : null));
    const saving = figures.saving_permille;
    $("head").append(
      el("h1", {}, `${data.county} ${w.title}`, el("small", {}, `${data.date} ${day}`)),
      el("dl", {},
        figure(w.cost, grouped(figures.cost_fen / 100, 2), ` ${w.yuan}`),
        saving === null ? null : figure(w[saving >= 0 ? "saving" : "extra"], percent(saving), "", saving >= 0 ? "good" : "alarm"),
        figure(w.villages, `${figures.reached} / ${figures.villages}`, "", figures.missed ? "alarm" : "good"),
        figure(w.pieces, grouped(figures.pieces, 0)),
        figure(w.distance, grouped(figures.distance_m / 1000, 0), " km"),
        figures.on_time_permille === null ? null
          : figure(w.on_time, percent(figures.on_time_permille), "", figures.on_time_permille < figures.wanted_permille ? "alarm" : "good"),
        data.waiting.length
          ? figure(w.waiting, grouped(sum(data.waiting, (one) => goods.get(one.goods).pieces), 0), ` ${w.n_pieces}`, "hold") : null,
        data.unserved.length ? figure(w.unserved, String(data.unserved.length), "", "alarm") : null));
  }

  function named(service) {
    return service.type === "run"
      ? `${say("of_run", service.label)} ${service.vehicle} ${service.owner}`
      : `${say("of_trip", service.label)} ${service.name} ${service.id}`;
  }

  const calls = (service) => service.stops.filter((stop) => stop.goods.length).length;

  function drawRow(service) {
    const run = service.type === "run";
    const title = run ? [service.vehicle, service.owner] : [service.name, ""];
    const facts = run
      ? `${km(service.distance_m)} · ${calls(service)} ${w.stops} · ${service.pieces} ${w.n_pieces}`
      : `${service.bookings.length} ${w.bookings} · ${service.pieces} ${w.n_pieces}`;
    service.row = el("button", {
      class: `row c${service.colour}`, "aria-expanded": "false", onclick: () => select(service), onfocus: () => hover(service),
      onblur: () => hover(null), onmouseenter: () => hover(service), onmouseleave: () => hover(null), title: named(service),
    }, badge(service), el("b", {}, title[0], el("i", {}, title[1])),
      el("span", { class: "right" }, `${clock(service.departure)}–${clock(service.arrival)}`),
      el("small", {}, facts), el("small", { class: "right" }, yuan(service.cost_fen)));
    service.times = el("div", { class: `times c${service.colour}`, hidden: true });
    if (!run) service.times.append(el("div", { class: "whose" }, `${service.id} · ${w[service.kind]} · ${service.owner}`));
    if (run) {
      const share = Math.min(service.fill_permille, 1000) / 1000;
      service.times.append(el("div", { class: "load" }, w.fill,
        el("meter", { value: share, "aria-label": w.fill }), percent(service.fill_permille)));
    }
    for (const stop of service.stops) {
      if (!run && !stop.goods.length) continue;
      const moves = [["drop", "−"], ["take", "+"]].map(([word, sign]) => {
        const pieces = sum(stop[word], (id) => goods.get(id).pieces);
        return pieces ? sign + pieces : "";
      });
      service.times.append(el("button", {
        "data-stop": stop.index,
        onclick: (event) => {
          openStop(service, stop.index);
          if (event.detail === 0) $("card").focus();
        },
      }, el("span", {}, String(stop.index + 1)), el("span", {}, clock(stop.arrival)),
        el("span", {}, nodes.get(stop.node)?.name || stop.node), el("span", {}, moves.filter(Boolean).join(" "))));
    }
    return el("li", {}, service.row, service.times);
  }

  function drawWaits(node) {
    const pieces = sum(node.waits, (one) => goods.get(one.goods).pieces);
    const until = node.waits.map((one) => one.until).sort()[0];
    return el("li", {}, el("button", { class: "row none", title: node.waits[0].detail, onclick: () => openNode(node.id) },
      el("span", { class: "badge hold", "aria-hidden": "true" }, icon(CLOCK)), el("b", {}, node.name),
      el("span", { class: "right" }, `${pieces} ${w.n_pieces}`), el("small", {}, say("until", until)),
      el("small", { class: "right" }, `${w.saves} ${yuan(sum(node.waits, (one) => one.saved_fen))}`)));
  }

  function drawList() {
    const part = (title, rows) => (rows.length ? [el("h2", {}, `${title} ${rows.length}`), el("ol", {}, ...rows)] : []);
    const left = data.unserved.map((one) => {
      const node = nodes.get(goods.get(one.goods).nodes.find((id) => nodes.has(id)));
      return el("li", {}, el("button", { class: "row none", title: one.detail, onclick: () => node && openNode(node.id) },
        el("span", { class: "badge alarm", "aria-hidden": "true" }, "✕"), el("b", {}, node?.name || one.goods),
        el("span", { class: "right" }, `${goods.get(one.goods).pieces} ${w.n_pieces}`), el("small", {}, w[one.reason] || one.reason)));
    });
    $("list").append(...part(w.unserved, left), ...part(w.runs, runs.map(drawRow)), ...part(w.trips, trips.map(drawRow)),
      ...part(w.waiting_villages, [...nodes.values()].filter((node) => node.waits.length).map(drawWaits)));
    $("filters").setAttribute("aria-label", w.show);
    for (const word of ["in", "out", "lines"]) {
      $("filters").append(el("button", {
        "aria-pressed": "true",
        onclick: (event) => {
          state.show[word] = !state.show[word];
          event.currentTarget.setAttribute("aria-pressed", String(state.show[word]));
          paint();
        },
      }, w[word]));
    }
  }

  function drawKey() {
    const sample = (...parts) => svg("svg", { viewBox: "-15 -8 30 16", "aria-hidden": "true" }, ...parts);
    const kinds = Object.keys(SHAPES).filter((kind) => data.nodes.some((node) => node.kind === kind));
    const item = (picture, text) => el("li", {}, picture, text);
    const line = (name) => svg("path", { class: name, d: "M-14 0H14" });
    $("key").append(el("summary", {}, w.key), el("ul", {},
      item(sample(svg("g", { class: "c0" }, line("run"))), w.run_line),
      trips.length ? item(sample(svg("g", { class: "c1" }, line("trip"), line("core"))), w.trip_line) : null,
      ...kinds.map((kind) => item(sample(svg("g", { class: markClass(kind) },
        svg("path", { d: SHAPES[kind], transform: kind === "HUB" ? "scale(.75)" : "" }))), w[kind])),
      data.runs.some((run) => run.stops.some(isLate)) ? item(sample(svg("g", { class: "mark" }, svg("path", { class: "late", d: LATE, transform: "scale(.75)" }))), say("late_mark", percent(data.figures.wanted_permille))) : null,
      data.waiting.length ? item(sample(svg("g", { class: "mark holds" }, svg("path", { class: "ring", d: RING }))), w.waiting_mark) : null,
      data.unserved.length ? item(sample(svg("g", { class: "mark alarm" }, svg("path", { class: "cross", d: CROSS }))), w.unserved_mark) : null),
      el("p", {}, w.straight));
    $("key").open = window.innerWidth > 760;
    $("scale").append(
      svg("svg", { viewBox: "-11 -22 22 40" }, svg("path", { d: "M0-8 7 16 0 11-7 16Z" }), svg("text", { y: -11 }, w.north)),
      el("span", { class: "length" }), el("div", { class: "bar" }));
    const button = (word, d, act) => el("button", { "aria-label": w[word], title: w[word], onclick: act }, icon(d));
    $("zoom").append(button("zoom_in", "M8 3V13M3 8H13", () => zoom(1.5)), button("zoom_out", "M3 8H13", () => zoom(1 / 1.5)),
      button("fit", "M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10", fit));
  }

  // ---------------------------------------------------------------- hands
  let moved = false;
  function listen() {
    const map = $("map"), fingers = new Map();
    const here = (event) => {
      const box = map.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    map.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      if (!fingers.size) moved = false;
      fingers.set(event.pointerId, here(event));
    });
    map.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = here(event);
      if (!moved && fingers.size === 1 && Math.hypot(now[0] - before[0], now[1] - before[1]) < 4) return;
      if (!moved) {
        moved = true;
        map.setPointerCapture(event.pointerId);
        map.classList.add("held");
      }
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, now);
      if (!other) return pan(now[0] - before[0], now[1] - before[1]);
      const apart = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 1);
      zoom(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    });
    const release = (event) => {
      fingers.delete(event.pointerId);
      map.classList.remove("held");
    };
    map.addEventListener("pointerup", release);
    map.addEventListener("pointercancel", release);
    window.addEventListener("pointerup", release);
    map.addEventListener("click", (event) => {
      if (moved || !(event.target === map || event.target.closest("#land")) || !(state.service || state.node)) return;
      Object.assign(state, { service: null, stop: null, node: null });
      show();
    });
    map.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0016)), ...here(event));
    }, { passive: false });
    map.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (moves[event.key]) pan(...moves[event.key]);
      else if (event.key === "+" || event.key === "=") zoom(1.3);
      else if (event.key === "-") zoom(1 / 1.3);
      else if (event.key === "0") fit();
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !(state.service || state.node)) return;
      const inside = $("card").contains(document.activeElement), service = state.service;
      close();
      if (inside) (service?.row || map).focus();
    });
    window.addEventListener("hashchange", readHash);
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = $("stage");
      if (!width || !height || (width === view.width && height === view.height)) return;
      const [dx, dy] = [(width - view.width) / 2, (height - view.height) / 2];
      Object.assign(view, { width, height });
      map.setAttribute("viewBox", `0 0 ${width} ${height}`);
      if (view.whole) fit();
      else pan(dx, dy);
    }).observe($("stage"));
  }

  drawHead();
  drawList();
  drawKey();
  drawMap();
  Object.assign(view, { width: $("stage").clientWidth || 800, height: $("stage").clientHeight || 600 });
  $("map").setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
  fit();
  placeBadges();
  listen();
  paint();
  readHash();
})();
