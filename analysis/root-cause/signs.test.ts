import { expect, it } from 'vitest';
import { signOf } from './signs.ts';

it.each([
  ['container_memory_working_set_bytes', 'memory', 'up'],
  ['node_memory_MemAvailable_bytes', 'memory', 'down'],
  ['OOMKilled', 'memory', 'up'],
  ['NodeFilesystemSpaceFillingUp', 'disk', 'up'],
  ['disk_free_bytes', 'disk', 'down'],
  ['cpu_idle', 'cpu', 'down'],
  ['CPUThrottlingHigh', 'cpu', 'up'],
  ['http_request_duration_seconds', 'latency', 'up'],
  ['HTTP5xxRate', 'errors', 'up'],
  ['availability', 'availability', 'down'],
  ['http_requests_total', 'requests', 'up'],
  ['Request rate dropped', 'lost_requests', 'up'],
  ['mysql_slave replication lag', 'storage', 'up'],
  ['kafka_consumer_lag', 'backlog', 'up'],
  ['node_netstat_Tcp_RetransSegs', 'network', 'up'],
  ['PacketLoss', 'network', 'up'],
  ['UpstreamTimeouts', 'dependency', 'up'],
  ['ArgoRolloutStarted', 'deploy', 'up'],
  ['KubePodCrashLooping', 'restart', 'up'],
  ['hikaricp_connections_pool_usage', 'saturation', 'up'],
  ['磁盘空间不足', 'disk', 'up'],
  ['主从延迟过高', 'storage', 'up'],
  ['接口响应时间过长', 'latency', 'up'],
  ['消息积压', 'backlog', 'up'],
  ['记忆体', null, null],
  ['服務發布', 'deploy', 'up'],
  ['网络丢包率', 'network', 'up'],
])('%s speaks for %s', (text, name, worse) => {
  const sign = signOf(text);
  expect([sign?.name ?? null, sign?.worse ?? null]).toEqual([name, worse]);
});
