// What both clients do on the sandbox, step by step, and what it came to, as JSON on standard output.
// A client is an object of the few functions below; see clob_client_v2.mjs and unified.mjs.
import { WebSocket } from "ws";

// Node has a WebSocket of its own from version 22 on.
globalThis.WebSocket ??= WebSocket;

export const venue = JSON.parse(process.argv[2]);
const { yes, no, condition, tick, bid, inside } = venue;
const report = {};

/** Run one step and note its result; a failure is noted too and does not end the others. */
async function step(name, run) {
  try {
    report[name] = await run();
  } catch (error) {
    report[name] = { failed: String(error?.stack ?? error) };
  }
}

/** Ask again until the answer is so, at most ten seconds. */
async function until(ask, isSo) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Return the venue's refusal of a request that must not succeed. */
async function refusal(request) {
  try {
    return { accepted: await request };
  } catch (error) {
    return { status: error.status, text: error.message };
  }
}

const rest = (who, size = 10) => who.limit({ token: yes, price: bid, size, side: "BUY" });
const offer = (who, size) => who.limit({ token: no, price: inside.no, size, side: "BUY" });
const buy = (who, shares, type) =>
  who.market({ token: yes, side: "BUY", amount: shares * inside.yes, price: inside.yes, type });
const hopeless = (who, type) =>
  refusal(who.market({ token: yes, side: "BUY", amount: 10, price: tick, type }));
const confirmed = (who, id) =>
  until(
    () => who.trade(id),
    (trade) => trade?.status.endsWith("CONFIRMED"),
  );

/** Trade once through the whole list as two accounts and print the report. */
export async function trade(login) {
  const maker = await login(venue.maker);
  const taker = await login(venue.taker);

  await step("keys", async () => {
    const again = await login(venue.taker);
    return { same: again.key === taker.key, listed: await taker.keys() };
  });

  await step("gtc", async () => {
    const placed = await rest(taker);
    const order = await taker.order(placed.id);
    const listed = await taker.open({ token: yes });
    const { canceled } = await taker.cancel(placed.id);
    return { placed, order, listed, canceled, left: await taker.open({}) };
  });

  await step("gtd", async () => {
    const expiration = Math.floor(Date.now() / 1000) + 600;
    const placed = await taker.limit({ token: yes, price: bid, size: 10, side: "BUY", expiration });
    const order = await taker.order(placed.id);
    await taker.cancelAll();
    return { placed, order, expiration };
  });

  await step("post_only", async () => {
    await offer(maker, 10);
    const post = (price) => taker.limit({ token: yes, price, size: 10, side: "BUY", postOnly: true });
    const crossing = await refusal(post(inside.yes));
    const passive = await post(bid);
    await maker.cancelAll();
    await taker.cancelAll();
    return { crossing, passive };
  });

  await step("fok", async () => {
    const before = [await taker.cash(), await taker.shares(yes)];
    await offer(maker, 20);
    const bought = await buy(taker, 20, "FOK");
    const taken = await confirmed(taker, bought.trades[0]);
    const made = await maker.trade(bought.trades[0]);
    const after = [await taker.cash(), await taker.shares(yes)];
    return { bought, taken, made, change: after.map((amount, i) => amount - before[i]) };
  });

  await step("fak", async () => {
    await maker.limit({ token: yes, price: inside.yes, size: 8, side: "BUY" });
    const ask = { token: yes, side: "SELL", shares: 10, price: inside.yes, type: "FAK" };
    const sold = await taker.market(ask);
    return { sold, taken: await confirmed(taker, sold.trades[0]), left: await taker.open({}) };
  });

  await step("uneven", async () => {
    await offer(maker, 30);
    const uneven = { token: yes, side: "BUY", amount: 9.97, price: inside.yes, type: "FAK" };
    const answer = await refusal(taker.market(uneven));
    await maker.cancelAll();
    return answer;
  });

  await step("killed", async () => ({
    fok: await hopeless(taker, "FOK"),
    fak: await hopeless(taker, "FAK"),
  }));

  await step("sell_limit", async () => {
    const placed = await taker.limit({ token: yes, price: 1 - tick, size: 5, side: "SELL" });
    const order = await taker.order(placed.id);
    await taker.cancel(placed.id);
    return { placed, order };
  });

  await step("batch", async () => {
    const wanted = [10, 1, 11].map((size) => ({ token: yes, price: bid, size, side: "BUY" }));
    const placed = await taker.batch(wanted);
    const listed = await taker.open({ market: condition });
    const { canceled } = await taker.cancelMany(listed);
    return { placed, listed, canceled: canceled.sort() };
  });

  await step("cancels", async () => {
    const foreign = await rest(maker);
    const first = await rest(taker);
    const market = await taker.cancelMarket({ market: condition, token: yes });
    const second = await rest(taker);
    const all = await taker.cancelAll();
    const refused = await taker.cancel(foreign.id);
    const kept = await maker.open({});
    await maker.cancelAll();
    return { foreign, first, market, second, all, refused, kept };
  });

  await step("refusals", async () => ({
    poor: await refusal(rest(taker, 100_000_000)),
    small: await refusal(rest(taker, 1)),
  }));

  if (taker.subscribe) await sockets(maker, taker);
  process.stdout.write(JSON.stringify(report));
  process.exit(0);
}

async function sockets(maker, taker) {
  await step("user_socket", async () => {
    const confirmed = (event) => event.type === "trade" && event.status.endsWith("CONFIRMED");
    const seen = await taker.subscribe({ topic: "user", markets: [condition] }, confirmed);
    const placed = await rest(taker);
    await taker.cancel(placed.id);
    await offer(maker, 10);
    const bought = await buy(taker, 10, "FOK");
    return { placed, bought, events: await seen() };
  });

  await step("market_socket", async () => {
    const wanted = { topic: "market", tokenIds: [yes, no] };
    const seen = await taker.subscribe(wanted, (event) => event.token === no);
    return { events: await seen() };
  });
}
