// Finds the counter whose SHA-256 begins with the wanted 16 bytes (ALTCHA version 2, cost 1).
// Written out by hand: crypto.subtle answers one hash at a time and does not exist on plain http.

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
const K = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const W = new Int32Array(64);

const words = (hex) => hex.match(/.{8}/g).map((part) => parseInt(part, 16) | 0);
const turn = (x, by) => (x >>> by) | (x << (32 - by));

// SHA-256 of the one block that stands in W[0..15].
function digest() {
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15], b = W[i - 2];
    W[i] = W[i - 16] + W[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = START;
  for (let i = 0; i < 64; i++) {
    const t = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const u = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + START[i]) | 0);
}

function solve({ salt, nonce, keyPrefix }) {
  const wanted = words(keyPrefix);
  W.set([...words(salt), ...words(nonce)]);
  for (let counter = 0; counter < 1e7; counter++) {
    W[8] = counter;
    W[9] = 1 << 31;
    W.fill(0, 10, 15);
    W[15] = 36 * 8;
    const found = digest();
    if (wanted.every((word, i) => word === found[i])) {
      return { counter, derivedKey: found.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("") };
    }
  }
}

onmessage = ({ data }) => {
  postMessage(btoa(JSON.stringify({ challenge: data, solution: solve(data.parameters) })));
};
