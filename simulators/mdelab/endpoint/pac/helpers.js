// The functions that a PAC script may call, written from the descriptions in chromium's net/docs/proxy.md, Mozilla's PAC page and
// Microsoft's IPv6 extensions. Names are not looked up here: what is known comes in, what is not known ends this run.
// `given` is { names, myAddress, now, seed }; what this returns stays in the engine's hand and out of the script's reach.
((given) => {
  "use strict";
  const wanted = [];
  const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  const stringify = JSON.stringify;
  const NO_NAME = { toString: () => "a name is not known yet" };

  // Time and chance are the device's and the seed's, so that the same run gives the same answers.
  const HostDate = Date;
  globalThis.Date = class Date extends HostDate {
    constructor(...parts) {
      if (parts.length === 0) super(given.now);
      else super(...parts);
    }
    static now() { return given.now; }
  };
  let state = given.seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  const octets = (text) => {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(String(text));
    if (match === null) return null;
    const parts = match.slice(1).map(Number);
    return parts.every((part) => part <= 255) ? parts : null;
  };
  const number = (parts) => ((parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3]) >>> 0;

  const lookUp = (host) => {
    const name = String(host).toLowerCase().replace(/\.$/, "");
    if (octets(name) !== null || name.includes(":")) return name;
    if (name === "") return null;
    if (has(given.names, name)) return given.names[name];
    wanted.push(name);
    throw NO_NAME;
  };

  // An IPv6 or IPv4 address as a list of 0/1, null when it is none.
  const bits = (text) => {
    const four = octets(text);
    if (four !== null) return four.flatMap((part) => [7, 6, 5, 4, 3, 2, 1, 0].map((at) => (part >> at) & 1));
    let rest = String(text);
    if (!rest.includes(":")) return null;
    const tail = rest.slice(rest.lastIndexOf(":") + 1);
    const embedded = octets(tail);
    if (embedded !== null) {
      const hex = (high, low) => ((high << 8) | low).toString(16);
      rest = rest.slice(0, rest.length - tail.length) + hex(embedded[0], embedded[1]) + ":" + hex(embedded[2], embedded[3]);
    }
    const halves = rest.split("::");
    if (halves.length > 2) return null;
    const words = halves.map((half) => (half === "" ? [] : half.split(":")));
    const missing = 8 - words.reduce((sum, half) => sum + half.length, 0);
    if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
    const all = halves.length === 1 ? words[0] : [...words[0], ...Array(missing).fill("0"), ...words[1]];
    if (!all.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return null;
    return all.flatMap((word) => {
      const value = parseInt(word, 16);
      return Array.from({ length: 16 }, (_, at) => (value >> (15 - at)) & 1);
    });
  };

  const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
  const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

  const moment = (words) => {
    const isGmt = words.length > 0 && words[words.length - 1] === "GMT";
    const now = new HostDate(given.now);
    const read = isGmt
      ? { day: now.getUTCDay(), date: now.getUTCDate(), month: now.getUTCMonth(), year: now.getUTCFullYear(),
          hour: now.getUTCHours(), minute: now.getUTCMinutes(), second: now.getUTCSeconds() }
      : { day: now.getDay(), date: now.getDate(), month: now.getMonth(), year: now.getFullYear(),
          hour: now.getHours(), minute: now.getMinutes(), second: now.getSeconds() };
    return [isGmt ? words.slice(0, -1) : words, read];
  };
  // A range that ends before it begins runs over midnight, Sunday or New Year.
  const within = (first, last, value) => (first <= last ? first <= value && value <= last : value >= first || value <= last);

  const offered = {
    isPlainHostName: (host) => !String(host).includes("."),
    dnsDomainIs: (host, domain) => String(host).endsWith(String(domain)),
    localHostOrDomainIs(host, full) {
      const [name, whole] = [String(host).toLowerCase(), String(full).toLowerCase()];
      return name === whole || (!name.includes(".") && whole.split(".")[0] === name);
    },
    isResolvable: (host) => lookUp(host) !== null,
    dnsResolve: (host) => lookUp(host),
    isInNet(host, net, mask) {
      const address = lookUp(host);
      const [own, base, cover] = [octets(address), octets(net), octets(mask)];
      if (own === null || base === null || cover === null) return false;
      return ((number(own) & number(cover)) >>> 0) === ((number(base) & number(cover)) >>> 0);
    },
    myIpAddress: () => given.myAddress,
    dnsDomainLevels: (host) => String(host).split(".").length - 1,
    shExpMatch(text, glob) {
      const pattern = String(glob).replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^]*").replace(/\?/g, "[^]");
      return new RegExp("^" + pattern + "$").test(String(text));
    },
    weekdayRange(...words) {
      const [[first, last], now] = moment(words);
      const [begin, end] = [DAYS.indexOf(first), DAYS.indexOf(last === undefined ? first : last)];
      return begin >= 0 && end >= 0 && within(begin, end, now.day);
    },
    dateRange(...words) {
      const [given, now] = moment(words);
      const read = given.map((word) => {
        if (typeof word === "string" && MONTHS.includes(word)) return ["month", MONTHS.indexOf(word)];
        const value = Number(word);
        return value > 31 ? ["year", value] : ["date", value];
      });
      if (read.length === 0 || read.some(([, value]) => !Number.isInteger(value))) return false;
      const half = read.length === 1 ? 1 : read.length / 2;
      if (!Number.isInteger(half)) return false;
      const [first, last] = [read.slice(0, half), read.length === 1 ? read : read.slice(half)];
      const weight = { year: 10000, month: 100, date: 1 };
      const sum = (parts) => parts.reduce((total, [unit, value]) => total + weight[unit] * value, 0);
      if (first.some(([unit], at) => unit !== last[at][0])) return false;
      const value = sum(first.map(([unit]) => [unit, now[unit]]));
      const [begin, end] = [sum(first), sum(last)];
      const hasYear = first.some(([unit]) => unit === "year");
      return hasYear ? begin <= value && value <= end : within(begin, end, value);
    },
    timeRange(...words) {
      const [given, now] = moment(words);
      const numbers = given.map(Number);
      if (numbers.some((value) => !Number.isInteger(value))) return false;
      const value = now.hour * 3600 + now.minute * 60 + now.second;
      switch (numbers.length) {
        case 1: return now.hour === numbers[0];
        // The last hour and the last minute count to their ends, as in Mozilla's and Chrome's engines.
        case 2: return within(numbers[0], numbers[1], now.hour);
        case 4: return within(numbers[0] * 3600 + numbers[1] * 60, numbers[2] * 3600 + numbers[3] * 60 + 59, value);
        case 6: return within(numbers[0] * 3600 + numbers[1] * 60 + numbers[2],
                              numbers[3] * 3600 + numbers[4] * 60 + numbers[5], value);
        default: return false;
      }
    },
    convert_addr(text) {
      const parts = octets(text);
      return parts === null ? 0 : number(parts);
    },
    alert() {},
    // Microsoft's IPv6 set. The lab's devices have IPv4 only.
    isResolvableEx: (host) => lookUp(host) !== null,
    dnsResolveEx: (host) => lookUp(host) || "",
    isInNetEx(host, prefix) {
      const [base, length] = String(prefix).split("/");
      const [own, net, count] = [bits(String(host)), bits(base), Number(length)];
      if (own === null || net === null || own.length !== net.length) return false;
      if (length === undefined || !Number.isInteger(count) || count < 0 || count > net.length) return false;
      return net.slice(0, count).every((bit, at) => bit === own[at]);
    },
    myIpAddressEx: () => given.myAddress,
    sortIpAddressList(list) {
      const all = String(list).split(";").map((one) => one.trim()).filter((one) => one !== "");
      if (all.length === 0 || all.some((one) => bits(one) === null)) return false;
      const key = (one) => (octets(one) === null ? "0" : "1") + bits(one).join("");
      return all.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)).join(";");
    },
    getClientVersion: () => "1.0",
  };
  for (const name of Object.keys(offered)) globalThis[name] = offered[name];

  const named = () =>
    typeof globalThis.FindProxyForURLEx === "function" ? globalThis.FindProxyForURLEx : globalThis.FindProxyForURL;
  // An empty URL only asks whether there is a function.
  return (url, host) => {
    if (url === "") return stringify({ isThere: typeof named() === "function" });
    let value;
    try {
      value = named()(url, host);
    } catch (error) {
      // A script that catches our signal goes on with a wrong answer, so what it wanted to know counts either way.
      if (wanted.length === 0) throw error;
    }
    return stringify({ wanted, value: typeof value === "string" ? value : null });
  };
})
