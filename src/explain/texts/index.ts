// The languages that explanations are told in.
import type { Locale } from '../../../channels/message.ts';
import { en, type Texts } from './en.ts';
import { zhCN } from './zh-cn.ts';
import { zhTW } from './zh-tw.ts';

export const texts: Readonly<Record<Locale, Texts>> = { en, 'zh-TW': zhTW, 'zh-CN': zhCN };
