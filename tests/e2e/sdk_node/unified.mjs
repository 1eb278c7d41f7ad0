// @polymarket/client, unchanged but for the environment.
import { createSecureClient, forkEnvironmentConfig } from "@polymarket/client";
import { fetchApiKeys, fetchBalanceAllowance } from "@polymarket/client/actions";
import { privateKey } from "@polymarket/client/viem";
import { privateKeyToAccount } from "viem/accounts";
import { trade, venue } from "./steps.mjs";

const environment = forkEnvironmentConfig({
  name: "sandbox",
  clob: { rest: venue.clob, market: { ws: venue.market_ws }, user: { ws: venue.user_ws } },
  gamma: { rest: venue.gamma },
  data: { rest: venue.data },
});
const answer = (sent) => ({
  id: sent.orderId ?? "",
  status: sent.status ?? "",
  making: sent.makingAmount,
  taking: sent.takingAmount,
  trades: sent.tradeIds,
  error: sent.message ?? "",
});
const cancels = ({ canceled, notCanceled }) => ({ canceled, kept: Object.keys(notCanceled) });

async function all(pages) {
  const found = [];
  for await (const page of pages) found.push(...page.items);
  return found;
}

async function login(key) {
  const wallet = privateKeyToAccount(key).address;
  const client = await createSecureClient({ environment, signer: privateKey(key), wallet });
  const request = ({ token: tokenId, price, size, side, expiration, postOnly }) => ({
    tokenId, price, size, side, expiration, postOnly,
  });
  return {
    key: client.credentials.key,
    keys: () => fetchApiKeys(client),
    limit: async (wanted) => answer(await client.placeLimitOrder(request(wanted))),
    market: async ({ token: tokenId, side, amount, shares, price, type: orderType }) => {
      const bound = side === "BUY" ? { amount, maxPrice: price } : { shares, minPrice: price };
      return answer(await client.placeMarketOrder({ tokenId, side, orderType, ...bound }));
    },
    batch: async (many) => {
      const orders = await Promise.all(many.map((one) => client.createLimitOrder(request(one))));
      return (await client.postOrders(orders)).map(answer);
    },
    order: async (id) => {
      const found = await client.fetchOrder({ orderId: id });
      return {
        status: found.status,
        price: Number(found.price),
        size: Number(found.originalSize),
        side: found.side,
        type: found.orderType,
        outcome: found.outcome,
        market: found.conditionId,
        expires: found.expiresAt ?? null,
      };
    },
    open: async ({ token: tokenId, market }) =>
      (await all(client.listOpenOrders({ tokenId, market }))).map((order) => order.id).sort(),
    cancel: async (id) => cancels(await client.cancelOrder({ orderId: id })),
    cancelMany: async (many) => cancels(await client.cancelOrders({ orderIds: many })),
    cancelMarket: async ({ market, token: tokenId }) =>
      cancels(await client.cancelMarketOrders({ market, tokenId })),
    cancelAll: async () => cancels(await client.cancelAll()),
    cash: async () =>
      Number((await fetchBalanceAllowance(client, { assetType: "COLLATERAL" })).balance),
    shares: async (tokenId) =>
      Number((await fetchBalanceAllowance(client, { assetType: "CONDITIONAL", tokenId })).balance),
    trade: async (id) => {
      const [found] = await all(client.listAccountTrades({ id }));
      return (
        found && {
          status: found.status,
          role: found.traderSide,
          side: found.side,
          price: Number(found.price),
          size: Number(found.size),
          hash: found.transactionHash,
          makers: found.makerOrders.map((one) => ({
            side: one.side,
            token: one.tokenId,
            price: Number(one.price),
            size: Number(one.matchedAmount),
          })),
        }
      );
    },
    subscribe: async (wanted, isLast) => {
      const handle = await client.subscribe([wanted]);
      return async () => {
        const found = [];
        for await (const event of handle) {
          found.push(plain(event));
          if (isLast(found.at(-1))) break;
        }
        await handle.close();
        return found;
      };
    },
  };
}

/** Return what the tests read of a socket's event. */
function plain({ type, payload }) {
  return {
    type,
    id: payload.id,
    kind: payload.orderEventType,
    status: payload.status,
    role: payload.traderSide,
    token: payload.tokenId,
    bid: Number(payload.bids?.at(-1).price),
    ask: Number(payload.asks?.at(-1).price),
  };
}

await trade(login);
