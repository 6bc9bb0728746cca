// The languages that explanations are told in.
import type { Locale } from '../../../channels/message.ts';
import { en, type Texts } from './en.ts';

export const texts: Readonly<Record<Locale, Texts>> = { en, 'zh-TW': en, 'zh-CN': en };
