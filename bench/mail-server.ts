// A mail server in a process of its own: STARTTLS, a login, takes every mail and throws it away. Tells its port, and how
// many mails it took whenever it is asked.
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { testCertificate } from '../src/testing/certificate.ts';

let taken = 0;
const server = new SMTPServer({
  ...testCertificate,
  disableReverseLookup: true,
  onAuth({ username, password }, _session, callback) {
    if (username === 'bench' && password === 'bench') callback(null, { user: 'bench' });
    else callback(Object.assign(new Error('5.7.8 wrong login'), { responseCode: 535 }));
  },
  onData(stream, _session, callback) {
    stream.resume();
    stream.on('end', () => {
      taken += 1;
      callback();
    });
  },
});
// Clients may go away.
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => process.send?.((server.server.address() as AddressInfo).port));
process.on('message', () => process.send?.(taken));
