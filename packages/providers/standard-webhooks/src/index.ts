export {
  type EventStatus,
  type StandardWebhooksOptions,
  standardWebhooks,
  type WebhookEvent,
} from './standard-webhooks.js';
