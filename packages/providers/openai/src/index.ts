export {
  type OpenAIBatchInput,
  type OpenAIInput,
  type OpenAIOptions,
  type OpenAIResponseInput,
  openai,
} from './openai.js';
