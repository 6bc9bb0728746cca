// What names speak for. Monitoring systems have no common names, but the words in them are few: a table of word patterns,
// English and Chinese, looked up without regard to case. The first row that matches counts, so narrow rows stand above
// wide ones ("replication lag" is of storage, "lag" alone of a queue).

export const signNames = [
  'deploy',
  'config',
  'storage',
  'backlog',
  'network',
  'dependency',
  'memory',
  'disk',
  'cpu',
  'saturation',
  'replicas',
  'restart',
  'latency',
  'availability',
  'errors',
  'lost_requests',
  'requests',
] as const;
export type SignName = (typeof signNames)[number];

export interface Sign {
  readonly name: SignName;
  /** The side on which a value of it is bad. */
  readonly worse: 'up' | 'down';
}

interface SignRow {
  readonly name: SignName;
  readonly pattern: RegExp;
  readonly worse: 'up' | 'down';
}

// Patterns see lower case with every separator and every change of case turned into one space.
const rows: readonly SignRow[] = [
  {
    name: 'deploy',
    worse: 'up',
    pattern: /\bdeploy|\brollout|\brelease|\bversion (change|skew)|部署|发布|發布|上线|上線|回滚|回滾/,
  },
  { name: 'config', worse: 'up', pattern: /\bconfig|\bfeature flag|配置|變更|变更/ },
  {
    name: 'storage',
    worse: 'up',
    pattern:
      /replica(tion)? (lag|delay)|\bdeadlock|\block (wait|time|contention)|slow quer|\bquery (time|duration|latency)|\bdb\b|\bdatabase|\bsql\b|\bwal\b|\bcheckpoint|\biops\b|\biowait|\bio (wait|util|latency|time)|\bdisk (io|latency|queue|await|busy)|\bfsync|\bcorrupt|\bcompaction|\bcache (miss|evict)|\bhit ratio|主从|主從|复制延迟|複製延遲|慢查询|慢查詢|数据库|資料庫|死锁|死鎖|锁等待/,
  },
  {
    name: 'backlog',
    worse: 'up',
    pattern: /\blag\b|\bbacklog|\bqueue|\bconsumer|\bpending messages|积压|積壓|堆积|堆積|队列|佇列/,
  },
  {
    name: 'network',
    worse: 'up',
    pattern:
      /\bpackets?\b|\bretrans|\bdns\b|\brtt\b|\bjitter|\bnetwork|\blink (down|flap|error)|\binterface|\bnic\b|\bunreachable|\bpartition(ed)?\b|\bconnection (reset|refused|timeouts?)|\btcp\b|\btls\b|\bbgp\b|丢包|丟包|网络|網路|連線|断网|斷網/,
  },
  {
    name: 'dependency',
    worse: 'up',
    pattern:
      /\bupstream|\bdependency|\bthird party|\bexternal|\bprovider|\bcircuit ?breaker|\bbackend (down|unavailable)|依赖|相依|第三方|上游|熔断|熔斷/,
  },
  {
    name: 'memory',
    worse: 'up',
    pattern:
      /\bmem(ory)?\b|\bheap|\bram\b|\brss\b|\boom|\bout of memory|\bswap|\bgc\b|\bgarbage|内存|內存|記憶體/,
  },
  {
    name: 'disk',
    worse: 'up',
    pattern: /\bdisk|\bfilesystem|\binode|\bvolume (usage|full)|\bno space|\bstorage|磁盘|磁碟|硬盘|硬碟/,
  },
  {
    name: 'cpu',
    worse: 'up',
    pattern: /\bcpu\b|\bload ?(avg|average|1|5|15)?\b|\bthrottl|\bsteal\b|处理器|處理器|负载|負載/,
  },
  {
    name: 'saturation',
    worse: 'up',
    pattern:
      /\bthread|\bfile descriptor|\bfds?\b|\bpool\b|\bsaturat|\bexhaust|\bconnections?\b|\bsemaphore|\bworkers? busy|\blimit reached|连接池|連接池|线程|執行緒|耗尽|耗盡/,
  },
  { name: 'replicas', worse: 'down', pattern: /\breplicas?\b|副本/ },
  {
    name: 'restart',
    worse: 'up',
    pattern: /\brestart|\bcrash|\bkilled|\bpanic|\bsegfault|\bnot ready|重启|重啟|崩溃|崩潰/,
  },
  {
    name: 'latency',
    worse: 'up',
    pattern:
      /\blatenc|\bresponse time|\bduration|\bslow|\btime ?outs?\b|\bp(50|90|95|99)\b|\bdelay|\bapdex|延迟|延遲|响应时间|響應時間|回應時間|超时|逾時|慢/,
  },
  {
    name: 'availability',
    worse: 'down',
    pattern: /\bavailab|\buptime|\bsuccess|\bhealthy\b|\bup\b|可用|成功率/,
  },
  {
    name: 'errors',
    worse: 'up',
    pattern:
      /\berr(or)?s?\b|5xx|\b50[0-9]\b|\bfail|\bexception|\bfault|\bunhealthy|\bdown\b|\bunavailab|\bprobe|错误|錯誤|失败|失敗|异常|異常|故障|宕机|當機/,
  },
  {
    name: 'lost_requests',
    worse: 'up',
    pattern:
      /\b(requests?|request rate|rps|qps|tps|throughput|traffic|calls?|volume)( rate)? (\w+ )?(drop|fell|fall|low|lost|missing|decreas|absent)|\b(fewer|no) (requests|calls|traffic)|(流量|请求|請求)(骤降|驟降|下降|减少|減少)/,
  },
  {
    name: 'requests',
    worse: 'up',
    pattern:
      /\brequests?\b|\brps\b|\bqps\b|\btps\b|\bthroughput|\btraffic|\bcalls?\b|\bhits\b|\bsessions\b|流量|请求|請求|并发|並發/,
  },
];

/** Of resources what is left, not what is used: less is worse. */
const left = /\bfree\b|\bavailable\b|\bremaining|\bheadroom|\bidle\b|\bhit ratio|剩余|剩餘|空闲|空閒/;
const ofWhatIsLeft: readonly SignName[] = ['memory', 'disk', 'cpu', 'saturation', 'storage'];
const longest = 300;

const wordsOf = (text: string): string =>
  text
    .slice(0, longest)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .toLowerCase()
    .trim();

/** What a name or a text speaks for; null where no word of the table is in it. Only its first 300 characters are read. */
export function signOf(text: string): Sign | null {
  const words = wordsOf(text);
  for (const { name, pattern, worse } of rows) {
    if (!pattern.test(words)) continue;
    const turned = ofWhatIsLeft.includes(name) && left.test(words);
    return { name, worse: turned ? 'down' : worse };
  }
  return null;
}

/** Signs that show on the callers of a broken service too, and so say little of where the cause is. */
export const spreads: ReadonlySet<SignName> = new Set([
  'latency',
  'availability',
  'errors',
  'lost_requests',
  'requests',
  'dependency',
]);
