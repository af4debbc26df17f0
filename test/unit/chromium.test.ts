import { findChromium } from '../support/processes/chromium';

test('a machine without a browser is told how to get one', () => {
  expect(() => findChromium({ PATH: '/nowhere' })).toThrow('apt-get install chromium');
  expect(() => findChromium({ CHROMIUM_PATH: '/nowhere/chromium' })).toThrow('CHROMIUM_PATH');
});

test('the setting wins over PATH', () => {
  expect(findChromium({ CHROMIUM_PATH: process.execPath, PATH: '/nowhere' })).toBe(
    process.execPath,
  );
});
