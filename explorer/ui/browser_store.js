// Keeps what is the visitor's in the visitor's browser: JSON of ids, one text per shelf.
// It is parsed, never executed; the server checks every entry again.

const known = new Map(); // shelf -> what this page load has written for which session
const reported = new Map();

const entriesOf = (text) => {
  try {
    const found = JSON.parse(text);
    return found && typeof found === "object" && !Array.isArray(found) ? found : {};
  } catch {
    return {}; // damaged, or somebody else's
  }
};
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const sorted = (entries) => Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1));

export default function ({ data, setStateValue }) {
  const shelf = `resnet-explorer/${data.shelf}`;
  // A browser may forbid its store; then nothing outlives the session, as without it.
  const read = () => {
    try {
      return localStorage.getItem(shelf) ?? "";
    } catch {
      return "";
    }
  };
  const write = (entries) => {
    let text = JSON.stringify(entries);
    for (const oldest of Object.keys(entries)) {
      if (text.length <= data.most) break;
      delete entries[oldest];
      text = JSON.stringify(entries);
    }
    try {
      localStorage.setItem(shelf, text);
    } catch {
      // Full or forbidden.
    }
  };

  // Only what this session changed is written, so that two tabs do not undo each other's. Another
  // session, as after a restart of the server, begins with nothing and takes nothing away.
  const last = known.get(shelf);
  const before = last && last.session === data.session ? last.mine : {};
  const entries = entriesOf(read());
  let changed = false;
  for (const [id, value] of Object.entries(data.mine)) {
    if (same(before[id], value)) continue;
    delete entries[id]; // to the end: the oldest go first
    entries[id] = value;
    changed = true;
  }
  for (const id of Object.keys(before)) {
    if (id in data.mine) continue;
    delete entries[id];
    changed = true;
  }
  if (changed) write(entries);
  known.set(shelf, { session: data.session, mine: data.mine });

  const report = () => {
    const text = read();
    const news = `${data.session} ${text}`;
    if (text.length > data.most || reported.get(shelf) === news) return;
    const found = entriesOf(text);
    if (same(sorted(found), sorted(known.get(shelf).mine))) return;
    reported.set(shelf, news);
    setStateValue("held", { session: data.session, text: JSON.stringify(found) });
  };
  const heard = (event) => {
    if (event.key === shelf) report();
  };
  report();
  window.addEventListener("storage", heard);
  return () => window.removeEventListener("storage", heard);
}
