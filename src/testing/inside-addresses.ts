// Ways to write addresses that nobody outside may make the program call, as they are tried on receivers.

/** Ways to write an address of this machine, as a host: decimal, octal, hexadecimal, short, mapped, translated, in Unicode. */
export const loopbackSpellings: readonly string[] = [
  ...['127.0.0.1', '127.0.0.2', '127.255.255.254', '127.1', '127.0.1', '127.0.0.1.', '127.1.'],
  ...[
    '2130706433',
    '017700000001',
    '0x7f000001',
    '0X7F000001',
    '0x7f.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '0177.1',
  ],
  ...['0177.0x0.0.01', '00000177.0.0.1', '0.0.0.0', '0', '0x0', '0.0'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::ffff:127.0.0.1]', '[::FFFF:7F00:1]'],
  ...[
    '[0:0:0:0:0:ffff:7f00:0001]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::127.0.0.1]',
  ],
  ...['[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[::ffff:0:7f00:1]'],
  ...['localhost', 'LOCALHOST', 'LocalHost.', 'localhost.', 'ｌｏｃａｌｈｏｓｔ'],
  ...['１２７.０.０.１', '127。0。0。1', '127．0．0．1', '①②⑦.⓪.⓪.①'],
];

/** Private, link-local, shared, reserved and multicast addresses, and those that clouds give their metadata. */
export const insideSpellings: readonly string[] = [
  ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '198.18.0.1', '192.0.2.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.0.192', '100.100.100.200'],
  ...['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518'],
  ...['[::ffff:169.254.169.254]', '[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::]', '[fd00:ec2::254]'],
  ...[
    '[fe80::1]',
    '[fc00::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[2002:a00:1::]',
    '[64:ff9b::a00:1]',
  ],
];

/** Only a URL can be written like these: percent-encoding, a user in front, another kind of slash. */
export const urlSpellings: readonly string[] = [
  ...['%31%32%37.0.0.1', '127%2e0%2e0%2e1', '%6c%6f%63alhost', '127.0.0.1%2f', '127.0.0.1%00', '[::1%25lo]'],
  ...['public.example@127.0.0.1', 'public.example:80@127.0.0.1', 'public.example%40@127.1', 'a:b@localhost'],
];
