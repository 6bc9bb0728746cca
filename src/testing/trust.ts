// Makes this process believe the certificates of the test authority, and no others.
import tls from 'node:tls';
import { testAuthority } from './certificate.ts';

/** Answers what takes it back. */
export function trustTestAuthority(): () => void {
  const real = tls.createSecureContext;
  tls.createSecureContext = (options) => real({ ...options, ca: testAuthority });
  return () => {
    tls.createSecureContext = real;
  };
}
