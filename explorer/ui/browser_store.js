// Keeps what is the visitor's in the visitor's browser: JSON of ids, one text per shelf.
// It is parsed, never executed; the server checks every entry again.

const known = new Map(); // shelf -> what this page load has written for which session
const reported = new Map(); // shelf -> the last report, and where it was made
const told = new Map(); // shelf -> number of a report -> its entries, from the last one heard on

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

export default function ({ data, setStateValue, parentElement }) {
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
  // What the session has just learned from a report is no change of its own, and by the time that
  // it says so another tab may have gone on: forgotten grades would be there again.
  const reports = told.get(shelf) ?? new Map();
  const learned = data.heard !== last?.heard ? reports.get(data.heard) : undefined;
  const entries = entriesOf(read());
  let changed = false;
  for (const [id, value] of Object.entries(data.mine)) {
    if (same(before[id], value) || (learned && same(learned[id], value))) continue;
    delete entries[id]; // to the end: the oldest go first
    entries[id] = value;
    changed = true;
  }
  for (const id of Object.keys(before)) {
    if (id in data.mine || (learned && !(id in learned))) continue;
    delete entries[id];
    changed = true;
  }
  if (changed) write(entries);
  known.set(shelf, { session: data.session, mine: data.mine, heard: data.heard });
  if (learned) for (const number of [...reports.keys()]) {
    if (number === data.heard) break;
    reports.delete(number);
  }

  const report = () => {
    const text = read();
    const news = `${data.session} ${text}`;
    const last = reported.get(shelf);
    // Once is enough, unless the server never heard of it: who goes on to another page at once
    // takes the report's run away, and it is made again when they come back.
    const heard = last && (last.number === data.heard || last.place === parentElement);
    if (text.length > data.most || (last?.news === news && heard)) return;
    const found = entriesOf(text);
    if (same(sorted(found), sorted(known.get(shelf).mine))) return;
    const number = Math.random().toString(36).slice(2);
    reported.set(shelf, { news, number, place: parentElement });
    told.set(shelf, reports.set(number, found));
    setStateValue("held", { session: data.session, number, text: JSON.stringify(found) });
  };
  const elsewhere = (event) => {
    if (event.key === shelf) report();
  };
  // Not at once: what the server has just said of the address must be in it before it is told.
  const later = setTimeout(report, 100);
  window.addEventListener("storage", elsewhere);
  return () => {
    clearTimeout(later);
    window.removeEventListener("storage", elsewhere);
  };
}
