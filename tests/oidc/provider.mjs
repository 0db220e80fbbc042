// A real OpenID Connect provider on this machine, which lets in whoever it is told to, and can be made to lie.
//
//   node provider.mjs '{"port": 4000, "callbacks": ["http://127.0.0.1:8026/sign-in/oidc/callback"]}'
//
// `GET /-/be?account=bob&fault=aud` lets it vouch for someone else, or lie; `rotate=1` gives it other keys.
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { generateKeyPair, exportJWK, decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2]);
const scheme = options.certificate ? 'https' : 'http';
const issuer = `${scheme}://${options.host ?? '127.0.0.1'}:${options.port}`;
const method = options.method ?? 'client_secret_basic';
const secret = options.secret ?? 'the secret of the console';
const state = { account: 'anna', fault: '' };

// The key that it signs with; `kid` differs each time.
let key;
let provider;

async function begin() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: `key-${Date.now()}-${Math.random()}`, use: 'sig', alg: 'RS256' };
  key = { privateKey, kid: jwk.kid };
  provider = new Provider(issuer, {
    clients: [{
      client_id: 'console',
      client_secret: secret,
      redirect_uris: options.callbacks,
      token_endpoint_auth_method: method,
    }],
    clientAuthMethods: [method],
    jwks: { keys: [jwk] },
    cookies: { keys: ['for tests only'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    // Everyone has the same address.
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: 'anna@team.example', email_verified: true }),
    }),
  });
  provider.on('server_error', (_, error) => console.error(error));
  provider.use(lie);
}

// What stands in an answer is changed on its way out.
async function lie(ctx, next) {
  await next();
  if (ctx.path === '/token' && ctx.body?.id_token) ctx.body.id_token = await spoilt(ctx.body.id_token);
  if (ctx.path === '/.well-known/openid-configuration' && state.fault === 'other-issuer') ctx.body.issuer = `${issuer}/`;
}

async function spoilt(token) {
  const claims = decodeJwt(token);
  const now = Math.floor(Date.now() / 1000);
  const signed = (changed, header = {}, by = key.privateKey) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(by);
  switch (state.fault) {
    case 'iss': return signed({ iss: 'https://evil.example' });
    case 'aud': return signed({ aud: 'another-client' });
    case 'azp': return signed({ aud: ['console', 'another-client'], azp: 'another-client' });
    case 'nonce': return signed({ nonce: 'another' });
    case 'no-nonce': return signed({ nonce: undefined });
    case 'expired': return signed({ exp: now - 3600, iat: now - 7200 });
    case 'future': return signed({ iat: now + 3600, exp: now + 7200 });
    case 'none': return new UnsecuredJWT(claims).encode();
    case 'hs256': return signed({}, { alg: 'HS256' }, new TextEncoder().encode(secret.padEnd(32)));
    case 'other-key': return signed({}, {}, (await generateKeyPair('RS256')).privateKey);
    case 'unknown-key': return signed({}, { kid: 'nobody' });
    case 'cut': return token.slice(0, -8);
    case 'no-token': return undefined;
    default: return token;
  }
}

// Answers that no provider gives, at the endpoint that the fault names (`big-token`, `slow-discovery`).
function isNoAnswer(path, response) {
  const endpoint = { '/.well-known/openid-configuration': 'discovery', '/token': 'token', '/jwks': 'keys' }[path];
  const [what, where] = state.fault.split('-');
  if (!endpoint || where !== endpoint) return false;
  switch (what) {
    case 'big': response.end(Buffer.alloc(10 << 20, 'x')); return true;
    case 'slow': return true;
    case 'drip': response.write('{'); setInterval(() => response.write(' '), 500).unref(); return true;
    case 'broken': response.writeHead(500).end('{}'); return true;
    // To the same, where it would be right.
    case 'redirect': response.writeHead(307, { location: `${path}?redirected` }).end(); return true;
    case 'html': response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'); return true;
    default: return false;
  }
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  let result;
  if (state.fault === 'cancelled') {
    result = { error: 'access_denied', error_description: 'anna@team.example said no' };
  } else if (state.fault === 'login-required') {
    result = { error: 'login_required' };
  } else if (prompt.name === 'login') {
    result = { login: { accountId: state.account } };
  } else {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid');
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function answer(request, response) {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/-/be') {
    state.account = url.searchParams.get('account') ?? state.account;
    state.fault = url.searchParams.get('fault') ?? '';
    if (url.searchParams.has('rotate')) await begin();
    return response.end('done');
  }
  if (!url.searchParams.has('redirected') && isNoAnswer(url.pathname, response)) return undefined;
  if (url.pathname.startsWith('/interaction/')) return interact(request, response);
  return provider.callback()(request, response);
}

await begin();
const handler = (request, response) => answer(request, response).catch((error) => {
  console.error(error);
  response.writeHead(500).end();
});
const server = options.certificate
  ? https.createServer({ cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key) }, handler)
  : http.createServer(handler);
server.listen(options.port, '127.0.0.1');
