// Pipedrive's own client at work, unchanged: node story.cjs <address of the double> <api token>. Prints what it saw.
const v1 = require("pipedrive/v1");
const v2 = require("pipedrive/v2");

async function refusal(call) {
  try {
    await call;
    return null;
  } catch (answer) {
    // The client throws the body of the answer.
    if (answer.success !== false) throw answer;
    return answer.error;
  }
}

async function story(address, apiKey) {
  const second = new v2.Configuration({ apiKey, basePath: `${address}/api/v2` });
  const first = new v1.Configuration({ apiKey, basePath: `${address}/v1` });
  const deals = new v2.DealsApi(second);
  const seen = {};

  const page = await deals.getDeals({ limit: 10, sort_by: "update_time", sort_direction: "asc" });
  const rest = await deals.getDeals({ limit: 10, sort_by: "update_time", cursor: page.additional_data.next_cursor });
  seen.deals = [...page.data, ...rest.data].map((deal) => deal.title);
  seen.more = rest.additional_data.next_cursor;

  const found = (await deals.getDeals({ ids: page.data.map((deal) => deal.id).join(",") })).data;
  const deal = found.find((each) => each.title === "Brand refresh");
  seen.deal = (await deals.getDeal({ id: deal.id })).data;

  const lines = await new v2.DealProductsApi(second).getDealsProducts({ deal_ids: [deal.id, page.data[1].id] });
  seen.lines = lines.data.map((line) => [line.deal_id === deal.id, line.name, line.quantity, line.item_price, line.sum]);
  const products = await new v2.ProductsApi(second).getProducts({ ids: lines.data.map((l) => l.product_id).join(",") });
  seen.codes = products.data.map((product) => product.code);
  const firm = await new v2.OrganizationsApi(second).getOrganization({ id: deal.org_id });
  seen.customer = [firm.data.name, firm.data.address.locality, Object.values(firm.data.custom_fields)];

  const fields = new v2.DealFieldsApi(second);
  const field = (await fields.addDealField({ AddDealFieldRequest: { field_name: "Xero total", field_type: "double" } })).data;
  const custom_fields = { [field.field_code]: 1210.05 };
  const stages = (await new v2.StagesApi(second).getStages({ pipeline_id: deal.pipeline_id })).data;
  const won = stages.find((stage) => stage.name === "Closed won");
  const change = { status: "won", stage_id: won.id, custom_fields };
  const changed = (await deals.updateDeal({ id: deal.id, UpdateDealRequest: change })).data;
  seen.changed = [changed.status, changed.stage_id === won.id, changed.custom_fields[field.field_code]];
  seen.refused = [
    await refusal(deals.updateDeal({ id: deal.id, UpdateDealRequest: { user_id: 1 } })),
    await refusal(deals.updateDeal({ id: 999999, UpdateDealRequest: { title: "x" } })),
    await refusal(new v2.DealsApi(new v2.Configuration({ apiKey: "wrong", basePath: second.basePath })).getDeals()),
  ];

  const notes = new v1.NotesApi(first);
  await notes.addNote({ AddNoteRequest: { content: "Invoiced", deal_id: deal.id } });
  seen.notes = (await notes.getNotes({ deal_id: deal.id })).data.map((note) => note.content);
  const webhooks = new v1.WebhooksApi(first);
  const request = { subscription_url: "https://desk.example/hooks", event_action: "*", event_object: "deal", name: "W" };
  await webhooks.addWebhook({ AddWebhookRequest: request });
  seen.webhooks = (await webhooks.getWebhooks()).data.map((webhook) => [webhook.subscription_url, webhook.version]);
  return seen;
}

story(process.argv[2], process.argv[3]).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
