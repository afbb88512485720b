import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

const { PORT = '3000' } = process.env;

const app = await NestFactory.create(AppModule);
// On SIGTERM: streams end, deliveries in flight are answered, effects that run end, then the pool closes.
app.enableShutdownHooks();
await app.listen(PORT, '0.0.0.0');
console.log(`Orders on http://127.0.0.1:${PORT}`);
