import cors from 'cors'
import type { RequestHandler } from 'express'

/**
 * Lets pages of these origins, and of no other, call the API from a browser. Credentials are allowed for the cookie alone
 * that binds a linking attempt to its browser: without a bearer token, which no browser adds by itself, nothing is done.
 */
export const allowOrigins = (origins: readonly string[]): RequestHandler =>
  cors({
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-None-Match', 'Last-Event-ID'],
    exposedHeaders: ['ETag', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
    credentials: true,
    maxAge: 600,
  })
