"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const rows = data.rows.map((values, place) => Object.fromEntries([["place", place], ...data.columns.map((name, i) => [name, values[i]])]));
  const MARKS = {agree: "✓ agreed", reject: "✕ rejected", again: "↻ again"};
  const LAYERS = [["given", "given", "#e69f00"], ["corrected", "corrected", "#56b4e9"], ["predicted", "predicted", "#ffffff"]];
  const HEIGHT = 31;
  const $ = (id) => document.getElementById(id);
  const scroll = $("scroll"), body = $("rows");
  const shown = {given: true, corrected: true, predicted: !rows.some((row) => row.corrected_voxels)};
  const marks = new Map();
  let order = [], chosen = rows[0] || null, slice = 0, pictures = null, sort = "score", up = true, printing = false;

  const make = (tag, text, attributes) => {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) element.textContent = text;
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    return element;
  };
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const number = (value, digits) => value === null ? "–" : value.toFixed(digits);
  const caseName = (row) => data.cases[row.case];
  const className = (row) => data.class_names[row.class];
  const kindName = (row) => row.kind === null ? "–" : data.kinds[row.kind];

  const KEYS = {
    case: (row) => row.case_order, class: (row) => row.class, score: (row) => row.score,
    kind: (row) => row.kind === null ? 99 : row.kind, distance: (row) => row.distance95_mm === null ? Infinity : -row.distance95_mm,
    mark: (row) => ["reject", "again", "agree"].indexOf(marks.get(row.place)) & 3,
  };

  function arrange() {
    const text = $("search").value.trim().toLowerCase(), wantedClass = $("class").value, wantedKind = $("kind").value, wantedMark = $("mark").value;
    order = rows.filter((row) =>
      (!text || caseName(row).toLowerCase().includes(text)) && (!wantedClass || row.class === +wantedClass) &&
      (!wantedKind || row.kind === +wantedKind) && (!wantedMark || (marks.get(row.place) || "none") === wantedMark));
    const key = KEYS[sort], way = up ? 1 : -1;
    order.sort((a, b) => way * (key(a) - key(b)) || a.place - b.place);
    $("count").textContent = order.length === rows.length ? `${rows.length} labels` : `${order.length} of ${rows.length} labels`;
    document.querySelectorAll("th[data-sort]").forEach((th) => th.setAttribute("aria-sort", th.dataset.sort === sort ? (up ? "ascending" : "descending") : "none"));
    draw();
  }

  function rowElement(row) {
    const line = make("tr", null, {"data-place": row.place});
    if (row === chosen) { line.className = "chosen"; line.setAttribute("aria-selected", "true"); }
    const score = make("td"), bar = make("span", null, {class: "bar"}), inner = make("i");
    inner.style.width = `${Math.round(100 * row.score)}%`;
    bar.append(inner); score.append(bar, number(row.score, 2));
    const mark = marks.get(row.place);
    line.append(make("td", caseName(row), {title: caseName(row)}), make("td", className(row)), score, make("td", kindName(row)),
      make("td", number(row.distance95_mm, 1), {class: "num"}), make("td", mark ? MARKS[mark].slice(0, 1) : "", mark ? {class: `mark-${mark}`, title: MARKS[mark]} : {}));
    return line;
  }

  function draw() {
    let first = 0, last = order.length;
    if (printing) last = Math.min(60, last);
    else {
      first = Math.max(0, Math.floor(scroll.scrollTop / HEIGHT) - 10);
      last = Math.min(order.length, first + Math.ceil(scroll.clientHeight / HEIGHT) + 20);
    }
    const lines = order.slice(first, last).map(rowElement);
    const pad = (count) => { const tr = make("tr", null, {class: "pad", "aria-hidden": "true"}), td = make("td", null, {colspan: 6}); td.style.height = `${printing ? 0 : count * HEIGHT}px`; tr.append(td); return tr; };
    body.replaceChildren(pad(first), ...lines, pad(order.length - last));
    $("printed").textContent = order.length > 60 ? `The first 60 of ${order.length} labels; audit.csv has all.` : "";
  }

  function choose(row, keep) {
    if (!row) return;
    if (!keep || !chosen || row.case !== chosen.case || !pictures) pictures = JSON.parse($(`case-${row.case}`).textContent);
    chosen = row;
    const wanted = pictures.findIndex((picture) => picture.index === (row.worst_slices[0] ?? -1));
    slice = wanted >= 0 ? wanted : 0;
    body.querySelectorAll("tr.chosen").forEach((tr) => { tr.className = ""; tr.removeAttribute("aria-selected"); });
    const line = body.querySelector(`tr[data-place="${row.place}"]`);
    if (line) { line.className = "chosen"; line.setAttribute("aria-selected", "true"); }
    showCase();
  }

  function showCase() {
    const row = chosen;
    $("title").textContent = `${caseName(row)} · ${className(row)}`;
    $("suspicion").textContent = row.kind === null ? "Nothing speaks against this label." : `Suspected: ${kindName(row)}, which explains ${Math.round(100 * row.certainty)} % of the evidence. Quality ${number(row.score, 2)}, rank ${row.place + 1} of ${rows.length}.`;
    showMark(); showSlice(); showFacts();
  }

  function showMark() {
    document.querySelectorAll(".marks button").forEach((button) => button.setAttribute("aria-pressed", String(marks.get(chosen.place) === button.dataset.mark)));
  }

  function showSlice() {
    const view = $("view"), picture = pictures[slice];
    view.replaceChildren();
    $("slices").replaceChildren(...pictures.map((each, place) => {
      const button = make("button", `slice ${each.index}`, {"aria-pressed": String(place === slice)});
      button.addEventListener("click", () => { slice = place; showSlice(); });
      return button;
    }));
    if (!picture) { view.append(make("p", "no picture", {style: "color:#fff;padding:12px"})); return; }
    $("slices").hidden = pictures.length === 1 && !data.volumes;
    const [columns, lines] = picture.size, [across, down] = picture.spacing, width = columns * across, height = lines * down;
    const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `slice ${picture.index} of ${caseName(chosen)} with outlines`});
    const image = svg("image", {width, height, preserveAspectRatio: "none", href: picture.image});
    root.append(image);
    const group = svg("g", {transform: `scale(${across} ${down})`, fill: "none"});
    const ids = Object.keys(picture.outlines).sort((a, b) => (+a === chosen.class) - (+b === chosen.class));
    for (const id of ids) {
      const mine = +id === chosen.class;
      for (const [name, , color] of [...LAYERS].reverse()) {
        const path = picture.outlines[id][name];
        if (!shown[name] || !path) continue;
        group.append(svg("path", {d: path, stroke: color, "stroke-width": mine ? 2.2 : 1, "stroke-opacity": mine ? 1 : .45, "vector-effect": "non-scaling-stroke", ...(name === "predicted" ? {"stroke-dasharray": "3 3"} : {})}));
      }
    }
    root.append(group);
    const length = [50, 20, 10, 5, 2, 1].find((mm) => mm < width * .4) || 1, edge = height * .04;
    root.append(svg("path", {d: `M${edge} ${height - edge}h${length}`, stroke: "#fff", "stroke-width": 3, "vector-effect": "non-scaling-stroke"}));
    const text = svg("text", {x: edge, y: height - 1.6 * edge, fill: "#fff", "font-size": height * .045, "font-family": "system-ui, sans-serif"});
    text.textContent = `${length} mm`;
    root.append(text);
    view.append(root);
  }

  function showFacts() {
    const row = chosen, lines = [];
    const fact = (name, value) => lines.push([name, value]);
    fact("Surface distance, mean / 95 %", row.mean_distance_mm === null ? "only one of both has the structure" : `${number(row.mean_distance_mm, 2)} / ${number(row.distance95_mm, 2)} mm`);
    fact("Volume, given / predicted", `${number(row.given_ml, 2)} / ${number(row.reference_ml, 2)} ${data.volumes ? "ml" : "cm²"}${row.volume_ratio === null ? "" : ` (ratio ${number(row.volume_ratio, 2)})`}`);
    fact("Overlap with the prediction (Dice)", number(row.dice, 3));
    fact("Confidence in the given label, at its lowest", number(row.confidence, 2));
    fact("Corrected by the run", row.corrected_voxels ? `${row.corrected_voxels} voxels; Dice of given and corrected ${number(row.dice_to_corrected, 3)}${row.corrected_epoch === null ? "" : `, first after epoch ${row.corrected_epoch}`}` : "nothing");
    fact("Class memorized from epoch", row.onset_epoch === null ? "not known" : String(row.onset_epoch));
    fact("Worst slices, from 0", data.volumes ? row.worst_slices.join(", ") || "–" : "2D");
    fact("Network", row.out_of_sample ? "not trained on this label" : "trained on this label");
    $("facts").replaceChildren(...lines.map(([name, value]) => { const tr = make("tr"); tr.append(make("td", name), make("td", value)); return tr; }));
  }

  function setMark(mark) {
    if (!chosen) return;
    if (mark === null || marks.get(chosen.place) === mark) marks.delete(chosen.place); else marks.set(chosen.place, mark);
    showMark(); draw();
    $("saved").textContent = `${marks.size} marked, not saved yet.`;
  }

  function move(step) {
    const place = order.indexOf(chosen), next = order[Math.max(0, Math.min(order.length - 1, place + step))];
    if (!next) return;
    const top = order.indexOf(next) * HEIGHT, room = scroll.clientHeight - HEIGHT;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top + HEIGHT > scroll.scrollTop + room) scroll.scrollTop = top + HEIGHT - room;
    choose(next, true); draw();
  }

  function save() {
    const list = [...marks].sort((a, b) => a[0] - b[0]).map(([place, mark]) => ({case_id: caseName(rows[place]), class_name: className(rows[place]), mark}));
    const review = {format: "monai_adele review 1", source: data.source, store_version: data.store_version, marks: list};
    const link = make("a", null, {href: "data:application/json;charset=utf-8," + encodeURIComponent(JSON.stringify(review, null, 1) + "\n"), download: "review.json"});
    link.click();
    $("saved").textContent = `review.json with ${list.length} marks was saved by the browser.`;
  }

  function load(file) {
    file.text().then((text) => {
      const review = JSON.parse(text);
      if (review.format !== "monai_adele review 1") throw new Error("it is no review");
      const places = new Map(rows.map((row) => [JSON.stringify([caseName(row), className(row)]), row.place]));
      let left = 0;
      for (const each of review.marks) {
        const place = places.get(JSON.stringify([each.case_id, each.class_name]));
        if (place === undefined || !(each.mark in MARKS)) left += 1; else marks.set(place, each.mark);
      }
      $("saved").textContent = `${review.marks.length - left} marks taken over` + (left ? `, ${left} fit no label here.` : ".");
      showMark(); arrange();
    }).catch((error) => { $("saved").textContent = `The review cannot be read: ${error.message}`; });
  }

  const option = (select, value, text) => $(select).append(make("option", text, {value}));
  data.class_names.forEach((name, id) => { if (id && rows.some((row) => row.class === id)) option("class", id, name); });
  data.kinds.forEach((name, id) => { if (rows.some((row) => row.kind === id)) option("kind", id, name); });
  $("layers").replaceChildren(...LAYERS.map(([name, text, color]) => {
    const label = make("label"), box = make("input", null, {type: "checkbox"}), line = make("i");
    box.checked = shown[name]; line.style.borderTopColor = color === "#ffffff" ? "#8a949e" : color; if (name === "predicted") line.style.borderTopStyle = "dashed";
    box.addEventListener("change", () => { shown[name] = box.checked; showSlice(); });
    label.append(box, line, text);
    return label;
  }));
  for (const id of ["class", "kind", "mark"]) $(id).addEventListener("change", () => { scroll.scrollTop = 0; arrange(); });
  $("search").addEventListener("input", () => { scroll.scrollTop = 0; arrange(); });
  document.querySelectorAll("th[data-sort]").forEach((th) => th.addEventListener("click", () => { up = sort === th.dataset.sort ? !up : true; sort = th.dataset.sort; scroll.scrollTop = 0; arrange(); }));
  body.addEventListener("click", (event) => { const line = event.target.closest("tr[data-place]"); if (line) choose(rows[+line.dataset.place], true); });
  let waiting = false;
  scroll.addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); } });
  document.querySelectorAll(".marks button").forEach((button) => button.addEventListener("click", () => setMark(button.dataset.mark)));
  $("save").addEventListener("click", save);
  $("load").addEventListener("change", (event) => { if (event.target.files[0]) load(event.target.files[0]); });
  window.addEventListener("beforeprint", () => { printing = true; draw(); });
  window.addEventListener("afterprint", () => { printing = false; draw(); });
  window.addEventListener("beforeunload", (event) => { if (marks.size && $("saved").textContent.includes("not saved")) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox") { if (event.key === "Escape") event.target.blur(); return; }
    const actions = {
      ArrowDown: () => move(1), ArrowUp: () => move(-1), j: () => move(1), k: () => move(-1), PageDown: () => move(15), PageUp: () => move(-15),
      ArrowRight: () => { slice = Math.min(pictures.length - 1, slice + 1); showSlice(); }, ArrowLeft: () => { slice = Math.max(0, slice - 1); showSlice(); },
      a: () => setMark("agree"), r: () => setMark("reject"), l: () => setMark("again"), u: () => setMark(null), s: save, "/": () => $("search").focus(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) { event.preventDefault(); action(); }
  });
  arrange();
  choose(chosen);
})();
