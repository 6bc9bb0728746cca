// Figures about requests. Labels are the route's path as declared, never a path that a client made up.
import { Counter, Histogram, type Registry } from 'prom-client';

export interface HttpMetrics {
  observe(method: string, route: string, status: number, seconds: number): void;
}

/** Registers the request metrics in `registry`. */
export function httpMetrics(registry: Registry): HttpMetrics {
  const requests = new Counter({
    name: 'tocsin_http_requests_total',
    help: 'Requests answered, by declared route.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'tocsin_http_request_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['route'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return {
    observe(method, route, status, seconds) {
      requests.inc({ method, route, status });
      duration.observe({ route }, seconds);
    },
  };
}
