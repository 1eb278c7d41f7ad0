// @polymarket/clob-client-v2, unchanged but for the host.
import { ClobClient, OrderType, Side } from "@polymarket/clob-client-v2";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { polygon } from "viem/chains";
import { trade, venue } from "./steps.mjs";

const { clob: host, version } = venue;
const SHARES = version === 3 ? "CONDITIONAL-V2" : "CONDITIONAL";
const ids = (orders) => orders.map((order) => order.id).sort();
const answer = (sent) => ({
  id: sent.orderID,
  status: sent.status,
  making: sent.makingAmount,
  taking: sent.takingAmount,
  trades: sent.tradeIDs,
  error: sent.errorMsg,
});
const cancels = ({ canceled, not_canceled: kept }) => ({ canceled, kept: Object.keys(kept) });

async function login(key) {
  const account = privateKeyToAccount(key);
  const signer = createWalletClient({ account, chain: polygon, transport: http() });
  const plain = new ClobClient({ host, chain: 137, signer });
  const creds = await plain.createOrDeriveApiKey();
  const client = new ClobClient({ host, chain: 137, signer, creds, throwOnError: true });
  const make = ({ token: tokenID, price, size, side, expiration }) =>
    client.createOrder({ tokenID, price, size, side: Side[side], expiration }, { version });
  return {
    key: creds.key,
    keys: async () => (await client.getApiKeys()).apiKeys,
    limit: async (wanted) => {
      const type = wanted.expiration ? OrderType.GTD : OrderType.GTC;
      return answer(await client.postOrder(await make(wanted), type, wanted.postOnly));
    },
    market: async ({ token: tokenID, side, amount, shares, price, type }) => {
      const wanted = { tokenID, amount: amount ?? shares, side: Side[side], price };
      return answer(await client.createAndPostMarketOrder(wanted, { version }, OrderType[type]));
    },
    batch: async (many) => {
      const orders = await Promise.all(many.map(make));
      const sent = await client.postOrders(
        orders.map((order) => ({ order, orderType: OrderType.GTC })),
      );
      return sent.map(answer);
    },
    order: async (id) => {
      const found = await client.getOrder(id);
      return {
        status: found.status,
        price: Number(found.price),
        size: Number(found.original_size),
        side: found.side,
        type: found.order_type,
        outcome: found.outcome,
        market: found.market,
        expiration: Number(found.expiration),
      };
    },
    open: async ({ token, market }) =>
      ids(await client.getOpenOrders({ asset_id: token, market })),
    cancel: async (id) => cancels(await client.cancelOrder({ orderID: id })),
    cancelMany: async (many) => cancels(await client.cancelOrders(many)),
    cancelMarket: async ({ market, token }) =>
      cancels(await client.cancelMarketOrders({ market, asset_id: token })),
    cancelAll: async () => cancels(await client.cancelAll()),
    cash: async () =>
      Number((await client.getBalanceAllowance({ asset_type: "COLLATERAL" })).balance),
    shares: async (token) =>
      Number((await client.getBalanceAllowance({ asset_type: SHARES, token_id: token })).balance),
    trade: async (id) => {
      const [found] = await client.getTrades({ id });
      return (
        found && {
          status: found.status,
          role: found.trader_side,
          side: found.side,
          price: Number(found.price),
          size: Number(found.size),
          hash: found.transaction_hash,
          makers: found.maker_orders.map((one) => ({
            side: one.side,
            token: one.asset_id,
            price: Number(one.price),
            size: Number(one.matched_amount),
          })),
        }
      );
    },
  };
}

await trade(login);
